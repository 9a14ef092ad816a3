//! The parser of the text form of a pattern.

use super::json::leading_string;
use super::text::{MISSING_LABEL, first_topological_order};
use super::{Pattern, PatternTextError as Error};
use crate::motif::enumerate::{MAX_NODES, MIN_NODES};
use crate::suggest::suggest;

/// An event as it first appears in the text.
struct DraftEvent {
    label: u32,
    number: usize,
    /// The event as written in the text.
    shown: String,
    /// Byte offset of the event.
    at: usize,
}

/// An edge between two events.
struct DraftEdge {
    /// Indices in the list of events.
    ends: (usize, usize),
    /// Byte offset of the target.
    at: usize,
}

/// The events and edges read so far.
struct PatternDraft<'a> {
    names: &'a [Option<String>],
    events: Vec<DraftEvent>,
    edges: Vec<DraftEdge>,
}

/// The pattern of a text.
pub(super) fn pattern(text: &str, names: &[Option<String>]) -> Result<Pattern, Error> {
    let mut draft = PatternDraft { names, events: Vec::new(), edges: Vec::new() };
    let mut reader = PatternReader { text, at: 0 };
    let mut previous = None;
    loop {
        let (at, name, number) = reader.event()?;
        let event = draft.event(name.as_deref(), number, at, text[at..reader.at].trim_end())?;
        if let Some(src) = previous {
            draft.edge(src, event, at)?;
        }
        match reader.separator()? {
            Separator::Arrow => previous = Some(event),
            Separator::Semicolon => previous = None,
            Separator::End => return draft.finish(text.len()),
        }
    }
}

enum Separator {
    Arrow,
    Semicolon,
    End,
}

/// A text and the byte offset up to which it has been read.
struct PatternReader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> PatternReader<'a> {
    /// Skips white space and returns the rest of the text.
    fn rest(&mut self) -> &'a str {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        rest
    }

    /// Byte offset, name (`None`: it has no label) and number of the next event.
    fn event(&mut self) -> Result<(usize, Option<String>, usize), Error> {
        let rest = self.rest();
        let at = self.at;
        let name = if rest.starts_with('"') {
            let (name, len) = leading_string(rest).ok_or(Error::Quote { at })?;
            self.at += len;
            Some(name)
        } else {
            let len = rest.find(['"', '#', ';']).unwrap_or(rest.len());
            let bare = &rest[..rest.find("->").map_or(len, |arrow| arrow.min(len))];
            if bare.is_empty() {
                return Err(Error::NoEvent { at });
            }
            self.at += bare.len();
            Some(bare.trim_end()).filter(|&name| name != MISSING_LABEL).map(str::to_owned)
        };
        Ok((at, name, self.number()?))
    }

    /// Number after `#`; 1 if there is none.
    fn number(&mut self) -> Result<usize, Error> {
        let Some(after) = self.rest().strip_prefix('#') else { return Ok(1) };
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let number = after[..digits].parse().ok().filter(|number| (1..=MAX_NODES).contains(number));
        let number = number.ok_or(Error::Number { at: self.at })?;
        self.at += 1 + digits;
        Ok(number)
    }

    /// Next separator, or the end of the text.
    fn separator(&mut self) -> Result<Separator, Error> {
        let rest = self.rest();
        let (separator, len) = match rest.chars().next() {
            None => (Separator::End, 0),
            Some(';') => (Separator::Semicolon, 1),
            Some('-') if rest.starts_with("->") => (Separator::Arrow, 2),
            Some(found) => return Err(Error::Separator { found, at: self.at }),
        };
        self.at += len;
        Ok(separator)
    }
}

impl PatternDraft<'_> {
    /// Index of an event in `events`; adds it if it is new.
    fn event(&mut self, name: Option<&str>, number: usize, at: usize, shown: &str) -> Result<usize, Error> {
        let Some(label) = self.names.iter().position(|known| known.as_deref() == name) else {
            let Some(name) = name else { return Err(Error::NoMissingLabel { at }) };
            let nearest = suggest(name, self.names.iter().flatten().map(String::as_str)).map(str::to_owned);
            return Err(Error::UnknownLabel { label: name.to_owned(), at, nearest });
        };
        let label = label as u32;
        let same = |event: &DraftEvent| (event.label, event.number) == (label, number);
        if let Some(known) = self.events.iter().position(same) {
            return Ok(known);
        }
        if self.events.len() == MAX_NODES {
            return Err(Error::Size { events: MAX_NODES + 1, at });
        }
        self.events.push(DraftEvent { label, number, shown: shown.to_owned(), at });
        Ok(self.events.len() - 1)
    }

    /// Adds an edge between two events, by their indices.
    fn edge(&mut self, src: usize, dst: usize, at: usize) -> Result<(), Error> {
        if src == dst {
            return Err(Error::SelfLoop { event: self.shown(src), at });
        }
        if self.edges.iter().any(|edge| edge.ends == (src, dst)) {
            return Err(Error::DuplicateEdge { src: self.shown(src), dst: self.shown(dst), at });
        }
        self.edges.push(DraftEdge { ends: (src, dst), at });
        Ok(())
    }

    /// The pattern of the events and edges; `end` is the length of the text in bytes.
    fn finish(self, end: usize) -> Result<Pattern, Error> {
        let k = self.events.len();
        if k < MIN_NODES {
            return Err(Error::Size { events: k, at: end });
        }
        let edges: Vec<(usize, usize)> = self.edges.iter().map(|edge| edge.ends).collect();
        let order = first_topological_order(k, &edges).ok_or_else(|| self.cycle())?;
        self.check_numbers(&order)?;
        self.check_connected()?;
        let mut rank = [0; MAX_NODES];
        let mut labels = [0; MAX_NODES];
        for (position, &event) in order.iter().enumerate() {
            rank[event] = position;
            labels[position] = self.events[event].label;
        }
        let mask = edges.iter().map(|&(src, dst)| 1 << (rank[src] * k + rank[dst])).sum();
        Ok(Pattern::new(k, mask, labels))
    }

    /// Checks that the numbers of a label's events are 1, 2, ... in time order.
    fn check_numbers(&self, order: &[usize]) -> Result<(), Error> {
        let exists = |event: &DraftEvent, number| {
            self.events.iter().any(|other| (other.label, other.number) == (event.label, number))
        };
        if let Some(event) =
            self.events.iter().find(|event| event.number > 1 && !exists(event, event.number - 1))
        {
            return Err(Error::NumberGap { event: event.shown.clone(), at: event.at });
        }
        let misnumbered = |rank: usize| {
            let event = &self.events[order[rank]];
            let before = order[..rank].iter().map(|&before| &self.events[before]);
            before.into_iter().any(|b| b.label == event.label && b.number > event.number).then_some(event)
        };
        match (0..order.len()).find_map(misnumbered) {
            Some(event) => Err(Error::NumberOrder { event: event.shown.clone(), at: event.at }),
            None => Ok(()),
        }
    }

    /// Checks that the edges connect all events.
    fn check_connected(&self) -> Result<(), Error> {
        let mut reached = [false; MAX_NODES];
        reached[0] = true;
        // one pass per event is enough: a path has fewer edges than events
        for _ in &self.events {
            for &DraftEdge { ends: (src, dst), .. } in &self.edges {
                let either = reached[src] || reached[dst];
                (reached[src], reached[dst]) = (either, either);
            }
        }
        match self.events.iter().zip(reached).find(|(_, reached)| !reached) {
            Some((event, _)) => Err(Error::Disconnected { event: event.shown.clone(), at: event.at }),
            None => Ok(()),
        }
    }

    /// The error for a cycle; requires that no topological order exists.
    fn cycle(&self) -> Error {
        // remove events without a predecessor until each remaining event has one: then walking backwards must close a
        // cycle
        let mut left: Vec<usize> = (0..self.events.len()).collect();
        let before = |left: &[usize], event: usize| {
            let into = self.edges.iter().map(|edge| edge.ends).filter(move |ends| ends.1 == event);
            into.map(|ends| ends.0).find(|src| left.contains(src))
        };
        while let Some(free) = left.iter().position(|&event| before(&left, event).is_none()) {
            left.remove(free);
        }
        let mut path: Vec<usize> = left.first().copied().into_iter().collect();
        while let Some(src) = path.last().and_then(|&event| before(&left, event)) {
            if let Some(from) = path.iter().position(|&event| event == src) {
                path.drain(..from);
                break;
            }
            path.push(src);
        }
        path.reverse();
        let on_it = |edge: &&DraftEdge| path.contains(&edge.ends.0) && path.contains(&edge.ends.1);
        let at = self.edges.iter().find(on_it).map_or(0, |edge| edge.at);
        Error::Cycle { events: path.into_iter().map(|event| self.shown(event)).collect(), at }
    }

    fn shown(&self, event: usize) -> String {
        self.events[event].shown.clone()
    }
}
