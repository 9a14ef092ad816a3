//! Each option changes the results of a run or its report.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ironforge::config::{Effective, Sources};
use ironforge::pipeline::{self, DiscoverRequest, Silent};

use super::legacy::SECOND;
use crate::outputs::contents;

/// Options without an effect here: one needs a GPU, and the way in which files are read must not change results.
const WITHOUT_EFFECT: &[&str] =
    &["gpu_memory_fraction", "parquet_use_memory_map", "storage.use_memory_mapping"];

/// A log of two sessions, long enough for motifs and for more than one block.
fn input(folder: &Path) -> PathBuf {
    let mut text = "t,g,kind,who,amount\n".to_owned();
    let mut state = 12_345_u64;
    for group in ["a", "b"] {
        let (mut t, mut kind) = (0, 0);
        for i in 0..180 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            t += 60 * (1 + (state >> 33) % 5);
            // In 70 % of the events the kind is the successor of the last one, so that some motif is promoted.
            kind = if (state >> 44) % 10 < 7 { (kind + 1) % 4 } else { (state >> 40) % 4 };
            let name = ["open", "sweep", "close", "pay"][kind as usize];
            text += &format!("{t},{group},{name},{},{}\n", (state >> 50) % 5, i * 3);
        }
    }
    let path = folder.join("log.csv");
    std::fs::write(&path, text).unwrap();
    path
}

/// Everything that a run writes, without times, peak memory and the repeated configuration.
fn outcome(input: &Path, more: &[&str], sets: &[String]) -> BTreeMap<PathBuf, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let base = ["session.time=t:s", "session.group=g", "session.kind=kind", "session.keys=[\"who\"]"];
    let base = base.into_iter().chain(["motif.iterations=20", "device=cpu"]).chain(more.iter().copied());
    // From the environment, so that --set decides.
    let env = base.map(|set| {
        let (key, value) = set.split_once('=').unwrap();
        (format!("IFG_{}", key.replace('.', "__").to_uppercase()), value.to_owned())
    });
    let effective = Effective::load(&Sources { env: env.collect(), sets, ..Sources::default() });
    let effective = effective.unwrap_or_else(|e| panic!("{e}"));
    let paths = [input.to_owned()];
    let request = DiscoverRequest { paths: &paths, out: &out, effective: &effective, weights: None };
    pipeline::discover(&request, &Silent).unwrap_or_else(|e| panic!("{sets:?}: {e}"));
    contents(&out, |report| {
        let clocked = ["timings", "config", "original"];
        report.as_object_mut().unwrap().retain(|key, _| !clocked.contains(&key.as_str()));
        assert!(report["memory"]["peak_bytes"].as_u64().is_some() || !cfg!(target_os = "linux"));
        assert!(report["memory"]["estimated_bytes"].as_u64().unwrap() > 0);
        report["memory"].as_object_mut().unwrap().remove("peak_bytes");
    })
}

#[test]
fn every_accepted_option_changes_the_results_or_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let input = input(folder.path());
    let mut plain = BTreeMap::new();
    let mut idle = Vec::new();
    for &(name, text, _, more) in SECOND.iter().filter(|(name, ..)| !WITHOUT_EFFECT.contains(name)) {
        let before = plain.entry(more).or_insert_with(|| outcome(&input, more, &[])).clone();
        let after = outcome(&input, more, &[format!("{name}={text}")]);
        if before == after {
            idle.push(name);
        }
    }
    assert_eq!(idle, [""; 0], "these change nothing");
}
