//! From text to pattern.

use super::super::census::Pattern;
use super::super::quote::unquote;
use super::super::shape::{MAX_NODES, MIN_NODES};
use super::{PatternTextError as Error, first_order};
use crate::suggest::suggest;

/// An event as it first stands in the text.
struct Event {
    label: u32,
    number: usize,
    /// As it is written.
    shown: String,
    at: usize,
}

/// An edge between places in the list of events, and where its second event stands.
struct Edge {
    ends: (usize, usize),
    at: usize,
}

/// What has been read.
struct Draft<'a> {
    names: &'a [String],
    events: Vec<Event>,
    edges: Vec<Edge>,
}

pub(super) fn pattern(text: &str, names: &[String]) -> Result<Pattern, Error> {
    let mut draft = Draft { names, events: Vec::new(), edges: Vec::new() };
    let mut reader = Reader { text, at: 0 };
    let mut previous = None;
    loop {
        let (at, name, number) = reader.event()?;
        let event = draft.event(&name, number, at, text[at..reader.at].trim_end())?;
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

/// A place in the text.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// What is left, from the next character that is not blank.
    fn rest(&mut self) -> &'a str {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        rest
    }

    /// Where the next event begins, its name and its number.
    fn event(&mut self) -> Result<(usize, String, usize), Error> {
        let rest = self.rest();
        let at = self.at;
        let name = if rest.starts_with('"') {
            let (name, len) = unquote(rest).ok_or(Error::Quote { at })?;
            self.at += len;
            name
        } else {
            let len = rest.find(['"', '#', ';']).unwrap_or(rest.len());
            let bare = &rest[..rest.find("->").map_or(len, |arrow| arrow.min(len))];
            if bare.is_empty() {
                return Err(Error::NoEvent { at });
            }
            self.at += bare.len();
            bare.trim_end().to_owned()
        };
        Ok((at, name, self.number()?))
    }

    /// The number of an event; 1 where none stands.
    fn number(&mut self) -> Result<usize, Error> {
        let Some(behind) = self.rest().strip_prefix('#') else { return Ok(1) };
        let digits = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
        let number = behind[..digits].parse().ok().filter(|number| (1..=MAX_NODES).contains(number));
        let number = number.ok_or(Error::Number { at: self.at })?;
        self.at += 1 + digits;
        Ok(number)
    }

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

impl Draft<'_> {
    /// Place of an event in the list, where it now stands if it did not.
    fn event(&mut self, name: &str, number: usize, at: usize, shown: &str) -> Result<usize, Error> {
        let Some(label) = self.names.iter().position(|known| known == name) else {
            let nearest = suggest(name, self.names.iter().map(String::as_str)).map(str::to_owned);
            return Err(Error::Label { label: name.to_owned(), at, nearest });
        };
        let label = label as u32;
        let same = |event: &Event| (event.label, event.number) == (label, number);
        if let Some(known) = self.events.iter().position(same) {
            return Ok(known);
        }
        if self.events.len() == MAX_NODES {
            return Err(Error::Size { events: MAX_NODES + 1, at });
        }
        self.events.push(Event { label, number, shown: shown.to_owned(), at });
        Ok(self.events.len() - 1)
    }

    fn edge(&mut self, src: usize, dst: usize, at: usize) -> Result<(), Error> {
        if src == dst {
            return Err(Error::SelfLoop { event: self.shown(src), at });
        }
        if self.edges.iter().any(|edge| edge.ends == (src, dst)) {
            return Err(Error::Twice { src: self.shown(src), dst: self.shown(dst), at });
        }
        self.edges.push(Edge { ends: (src, dst), at });
        Ok(())
    }

    fn finish(self, end: usize) -> Result<Pattern, Error> {
        let k = self.events.len();
        if k < MIN_NODES {
            return Err(Error::Size { events: k, at: end });
        }
        let edges: Vec<(usize, usize)> = self.edges.iter().map(|edge| edge.ends).collect();
        let order = first_order(k, &edges).ok_or_else(|| self.cycle())?;
        self.check_numbers(&order)?;
        self.check_connected()?;
        let mut place = [0; MAX_NODES];
        let mut labels = [0; MAX_NODES];
        for (at, &event) in order.iter().enumerate() {
            place[event] = at;
            labels[at] = self.events[event].label;
        }
        let mask = edges.iter().map(|&(src, dst)| 1 << (place[src] * k + place[dst])).sum();
        Ok(Pattern::new(k, mask, labels))
    }

    /// The numbers of a label's events are 1, 2, ... in time order.
    fn check_numbers(&self, order: &[usize]) -> Result<(), Error> {
        let of_label = |event: &Event, number| {
            self.events.iter().any(|other| (other.label, other.number) == (event.label, number))
        };
        if let Some(event) =
            self.events.iter().find(|event| event.number > 1 && !of_label(event, event.number - 1))
        {
            return Err(Error::Gap { event: event.shown.clone(), at: event.at });
        }
        let falls = |at: usize| {
            let event = &self.events[order[at]];
            let before = order[..at].iter().map(|&before| &self.events[before]);
            before.into_iter().any(|b| b.label == event.label && b.number > event.number).then_some(event)
        };
        match (0..order.len()).find_map(falls) {
            Some(event) => Err(Error::Renumber { event: event.shown.clone(), at: event.at }),
            None => Ok(()),
        }
    }

    fn check_connected(&self) -> Result<(), Error> {
        let mut reached = [false; MAX_NODES];
        reached[0] = true;
        // as often as there are events: a path has fewer edges
        for _ in &self.events {
            for &Edge { ends: (src, dst), .. } in &self.edges {
                let either = reached[src] || reached[dst];
                (reached[src], reached[dst]) = (either, either);
            }
        }
        match self.events.iter().zip(reached).find(|(_, reached)| !reached) {
            Some((event, _)) => Err(Error::Apart { event: event.shown.clone(), at: event.at }),
            None => Ok(()),
        }
    }

    /// A cycle, which there is.
    fn cycle(&self) -> Error {
        // an event on no cycle and behind none goes, until the others each have a predecessor
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
        let on_it = |edge: &&Edge| path.contains(&edge.ends.0) && path.contains(&edge.ends.1);
        let at = self.edges.iter().find(on_it).map_or(0, |edge| edge.at);
        Error::Cycle { events: path.into_iter().map(|event| self.shown(event)).collect(), at }
    }

    fn shown(&self, event: usize) -> String {
        self.events[event].shown.clone()
    }
}
