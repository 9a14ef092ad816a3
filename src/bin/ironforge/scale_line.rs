//! The line of a summary that states the scale of a run's times and its windows.

use ironforge::dag::LinkRule;
use ironforge::motif::Null;
use ironforge::pipeline::{RunHeader, ScaleReport, WindowSource};

/// Units of time, largest first: name, milliseconds.
const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000), ("ms", 1)];
/// Significant digits of a number that is not whole.
const DIGITS: i32 = 3;

/// The line `scale    median gap 1.5 min: links 0.75 to 96 min, blocks 15 min`, with the windows that the link rules
/// and the null of the run have.
pub fn scale_line(run: &RunHeader) -> String {
    let scale = &run.scale;
    let unit = unit_of(scale.median_gap_ms.unwrap_or(scale.dt_min.ms));
    let (name, number) = (unit.0, |ms: u64| in_unit(ms, unit.1));
    let mut windows: Vec<String> = Vec::new();
    for rule in &scale.links {
        windows.push(if *rule == LinkRule::SharedKey.name() {
            format!("shared keys up to {} {name}", number(scale.key_window.ms))
        } else {
            format!("links {} to {} {name}", number(scale.dt_min.ms), number(scale.dt_max.ms))
        });
    }
    match run.config.motif.null {
        _ if run.config.motif.iterations == 0 => {}
        Null::StratifiedPermutation | Null::Pairs => {
            windows.push(format!("blocks {} {name}", number(scale.block.ms)))
        }
        Null::IntervalJitter => windows.push(format!("jitter within {} {name}", number(scale.jitter.ms))),
        Null::LabelPermutation => {}
    }
    format!("scale    {}: {}\n", basis(scale, &number, name), windows.join(", "))
}

/// What the windows follow from.
fn basis(scale: &ScaleReport, number: &dyn Fn(u64) -> String, unit: &str) -> String {
    let fixed = [scale.dt_min, scale.dt_max, scale.key_window, scale.block, scale.jitter];
    match scale.median_gap_ms {
        Some(gap) => format!("median gap {} {unit}", number(gap)),
        None if fixed.iter().any(|window| window.source == WindowSource::Session) => {
            "session files".to_owned()
        }
        None if scale.is_fallback() => "no two events of different times".to_owned(),
        None => "set".to_owned(),
    }
}

/// The largest unit that a width has at least one of.
fn unit_of(ms: u64) -> (&'static str, u64) {
    UNITS.into_iter().find(|&(_, unit_ms)| ms >= unit_ms).unwrap_or(UNITS[4])
}

/// A width in a unit: whole, or with three significant digits and no zeros at the end.
fn in_unit(ms: u64, unit_ms: u64) -> String {
    let number = ms as f64 / unit_ms as f64;
    if ms.is_multiple_of(unit_ms) {
        return format!("{}", ms / unit_ms);
    }
    let places = (DIGITS - 1 - number.log10().floor() as i32).max(0) as usize;
    let text = format!("{number:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_whole_or_have_three_significant_digits() {
        for (ms, unit_ms, want) in [
            (45_000, 60_000, "0.75"),
            (5_760_000, 60_000, "96"),
            (90_000, 60_000, "1.5"),
            (1_234_567, 1000, "1235"),
            (10_049, 1000, "10"),
            (60_000, 86_400_000, "0.000694"),
            (0, 1000, "0"),
        ] {
            assert_eq!(in_unit(ms, unit_ms), want);
        }
        assert_eq!(
            [0, 1, 999, 1000, 59_999, 86_400_000].map(|ms| unit_of(ms).0),
            ["ms", "ms", "ms", "s", "s", "d"]
        );
    }
}
