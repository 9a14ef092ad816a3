//! Built-in sessions: a synthetic market, to try the crate without a file.

use super::TieOrder;
use super::order::{Time, UnsortedEvents};
use crate::philox::{Philox, Stream};
use crate::table::{KeyColumn, Labels, NumericColumn, Session, SessionOrigin, SourceForm};

/// Source of the sample in messages and reports.
const SOURCE: &str = "built-in sample";
/// Seed of all random draws.
const SEED: u64 = 20_250_303;
/// Ids of the sessions, with the time of their start, milliseconds since the epoch.
const SESSIONS: [(&str, i64); 6] = [
    ("SAMPLE_2025-03-03", 1_741_012_200_000),
    ("SAMPLE_2025-03-04", 1_741_098_600_000),
    ("SAMPLE_2025-03-05", 1_741_185_000_000),
    ("SAMPLE_2025-03-06", 1_741_271_400_000),
    ("SAMPLE_2025-03-07", 1_741_357_800_000),
    ("SAMPLE_2025-03-10", 1_741_617_000_000),
];
/// Duration of a session, seconds.
const SESSION_S: u32 = 10_800;
/// Kinds of the background events.
const KINDS: [&str; 8] = ["quote", "quote", "trade", "trade", "trade", "expansion", "retracement", "cancel"];
/// Kinds of the planted motif, with the seconds after its start.
const MOTIF: [(&str, u32); 3] = [("probe", 0), ("liquidity_sweep", 90), ("reversal", 240)];
/// Number of planted motifs in a session.
const PLANTED: u32 = 7;
/// Number of accounts; events that share one can be linked.
const ACCOUNTS: u32 = 12;
/// Price at the start of the first session, in quarters of a point.
const OPEN_QUARTERS: i64 = 20_000;

/// A generated event: its second in the session, kind, account and size.
struct Draft {
    second: u32,
    kind: Option<&'static str>,
    account: u32,
    size: u32,
}

/// Six synthetic sessions of 81 to 161 events, always the same; events of equal time are in the order `ties`.
///
/// They have events of equal time, missing kinds and prices, one entity column (`account`) and two numbers (`price`,
/// `size`); the source order is shuffled. Seven times in each session the kinds `probe`, `liquidity_sweep` and
/// `reversal` follow one another, 90 and 150 seconds apart and with the same account: mining should find this motif.
/// Everything else is drawn independently.
pub fn sample(ties: TieOrder) -> Vec<Session> {
    let philox = Philox::new(SEED);
    let session = |(index, &(id, start_ms)): (usize, &(&str, i64))| {
        let mut random = philox.stream(index as u32, 0);
        let mut drafts = drafts(60 + 16 * index as u32, &mut random);
        // Prices are a random walk in time order; the order of the source is shuffled.
        drafts.sort_by_key(|draft| draft.second);
        let prices = prices(&drafts, OPEN_QUARTERS + 40 * index as i64, &mut random);
        let order = shuffled(drafts.len(), &mut random);
        let (events, resolution) = unsorted(&drafts, &prices, &order, start_ms).sorted(ties, id);
        Session {
            id: id.to_owned(),
            source: SOURCE.to_owned(),
            events,
            origin: SessionOrigin { form: SourceForm::SAMPLE, resolution, ..SessionOrigin::default() },
            ..Session::default()
        }
    };
    SESSIONS.iter().enumerate().map(session).collect()
}

fn drafts(background: u32, random: &mut Stream) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for _ in 0..background {
        // Two events in three are at whole minutes, so that many have equal times.
        let second = random.below(SESSION_S);
        let second = if random.below(3) != 0 { second / 60 * 60 } else { second };
        let kind = KINDS[random.below(KINDS.len() as u32) as usize];
        let kind = (random.below(15) != 0).then_some(kind);
        drafts.push(Draft { second, kind, account: random.below(ACCOUNTS), size: 1 + random.below(50) });
    }
    for i in 0..PLANTED {
        let share = SESSION_S / PLANTED;
        let start = i * share + random.below(share - 300);
        let account = random.below(ACCOUNTS);
        for (kind, after) in MOTIF {
            let size = 1 + random.below(50);
            drafts.push(Draft { second: start + after, kind: Some(kind), account, size });
        }
    }
    drafts
}

/// A random walk in quarters of a point; one price in twelve, on average, is missing.
fn prices(drafts: &[Draft], open: i64, random: &mut Stream) -> Vec<Option<f64>> {
    let mut quarters = open;
    let step = |_: &Draft| {
        quarters += i64::from(random.below(17)) - 8;
        (random.below(12) != 0).then_some(quarters as f64 / 4.0)
    };
    drafts.iter().map(step).collect()
}

fn shuffled(n: usize, random: &mut Stream) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        order.swap(i, random.below(i as u32 + 1) as usize);
    }
    order
}

fn unsorted(drafts: &[Draft], prices: &[Option<f64>], order: &[usize], start_ms: i64) -> UnsortedEvents {
    let rows = || order.iter().map(|&i| &drafts[i]);
    let accounts: Vec<String> = rows().map(|draft| format!("account-{:02}", draft.account)).collect();
    let column = |name: &str, values| NumericColumn { name: name.to_owned(), values };
    UnsortedEvents {
        times: rows().map(|draft| Time::from_ms(start_ms + i64::from(draft.second) * 1000)).collect(),
        seq: None,
        event_index: (0..order.len() as u32).collect(),
        kind: Labels::encode(rows().map(|draft| draft.kind)),
        keys: vec![KeyColumn {
            name: "account".to_owned(),
            labels: Labels::encode(accounts.iter().map(|account| Some(account.as_str()))),
        }],
        numeric: vec![
            column("price", order.iter().map(|&i| prices[i]).collect()),
            column("size", rows().map(|draft| Some(f64::from(draft.size))).collect()),
        ],
        price: Some(0),
        ..UnsortedEvents::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_has_ties_gaps_and_a_shuffled_source_order() {
        let sessions = sample(TieOrder::Source);
        assert_eq!(sessions, sample(TieOrder::Source), "always the same");
        for session in &sessions {
            let events = &session.events;
            assert!((81..=161).contains(&events.len()), "{}", events.len());
            assert!(events.t_ms.is_sorted() && events.t_ms.windows(2).any(|pair| pair[0] == pair[1]));
            assert!(!events.event_index.is_sorted(), "the source order is not the time order");
            assert!(events.kind.iter().any(|kind| kind.is_none()));
            assert!(events.prices().is_some_and(|prices| prices.missing_count() > 0));
        }
    }

    #[test]
    fn the_planted_motif_is_there() {
        for session in sample(TieOrder::Source) {
            let events = session.events;
            let at = |kind: &str| {
                (0..events.len()).filter(|&i| events.kind.get(i) == Some(kind)).collect::<Vec<_>>()
            };
            let (probes, sweeps) = (at("probe"), at("liquidity_sweep"));
            assert_eq!((probes.len(), sweeps.len(), at("reversal").len()), (7, 7, 7));
            assert!(probes.iter().zip(&sweeps).all(|(&p, &s)| events.t_ms[s] - events.t_ms[p] == 90_000));
        }
    }
}
