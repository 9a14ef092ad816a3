//! Invalid files and settings are refused, and the error names the tensor or setting.

use ironforge::tgat::{Model, Positions, TgatConfig, TgatError};

use super::super::{INPUT_DIM, seeded, small};
use super::{changed, parts, put};

#[test]
fn an_unknown_name_is_refused_with_the_nearest_known_one() {
    let error = changed(|parts| {
        let part = parts.remove("attention_layers.0.query.weight").unwrap();
        parts.insert("attention_layers.0.query.wieght".to_owned(), part);
    })
    .unwrap_err();
    assert_eq!(
        error,
        TgatError::Unknown {
            name: "attention_layers.0.query.wieght".to_owned(),
            nearest: Some("attention_layers.0.query.weight".to_owned())
        }
    );
    let stats = changed(|parts| put(parts, "feature_men", &[5], &[0.0; 5])).unwrap_err();
    assert!(
        matches!(stats, TgatError::Unknown { nearest, .. } if nearest.as_deref() == Some("feature_mean"))
    );
    let long = "x".repeat(100_000);
    let error = changed(|parts| put(parts, &long, &[1], &[0.0])).unwrap_err();
    assert!(error.to_string().len() < 400, "a long name is truncated");
}

#[test]
fn a_tensor_of_other_settings_is_refused_with_the_setting() {
    for (name, setting) in [
        ("attention_layers.2.query.weight", "tgat.num_layers"),
        ("attention_layers.0.dag_positional_encoding", "tgat.positions = \"learned\""),
        ("attention_layers.1.layer_norm.weight", "tgat.layer_norm = true"),
    ] {
        let error = changed(|parts| put(parts, name, &[1], &[0.0])).unwrap_err();
        assert!(matches!(error, TgatError::Unused { .. }), "{error:?}");
        assert!(error.to_string().contains(name) && error.to_string().contains(setting), "{error}");
    }
}

#[test]
fn a_missing_tensor_is_named() {
    for name in parts(&seeded(&small()).to_bytes().unwrap()).keys() {
        let error = changed(|parts| drop(parts.remove(name))).unwrap_err();
        assert!(matches!(&error, TgatError::Missing { name: n, .. } if n == name), "{error:?}");
    }
    let learned = TgatConfig { positions: Positions::Learned, ..small() };
    let bytes = seeded(&small()).to_bytes().unwrap();
    let error = Model::from_bytes(&bytes, &learned, INPUT_DIM).unwrap_err().to_string();
    assert!(error.contains("dag_positional_encoding") && error.contains("tgat.positions"), "{error}");
}

#[test]
fn a_wrong_shape_is_named_with_the_setting_that_determines_it() {
    let bytes = seeded(&small()).to_bytes().unwrap();
    let shape = |config: &TgatConfig, input_dim| {
        let error = Model::from_bytes(&bytes, config, input_dim).unwrap_err();
        let TgatError::Shape { name, got, want, setting } = error else { panic!("{error:?}") };
        (name, got, want, setting)
    };
    let (name, got, want, setting) = shape(&small(), INPUT_DIM + 1);
    assert_eq!(
        (name.as_str(), got, want),
        ("attention_layers.0.input_projection.weight", vec![8, 5], vec![8, 6])
    );
    assert!(setting.contains("feature columns"), "{setting}");
    let (_, got, want, setting) = shape(&TgatConfig { hidden_dim: 12, ..small() }, INPUT_DIM);
    assert_eq!((got, want, setting), (vec![8, 5], vec![12, 5], "tgat.hidden_dim"));
    let flat = changed(|parts| put(parts, "range_head.2.weight", &[64], &[0.0; 64])).unwrap_err();
    assert!(matches!(flat, TgatError::Shape { got, want, .. } if got == [64] && want == [2, 32]));
}

#[test]
fn a_weight_that_is_not_finite_is_named() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let error = changed(|parts| {
            let (_, _, bytes) = parts.get_mut("significance_scorer.0.weight").unwrap();
            bytes[12..16].copy_from_slice(&value.to_le_bytes());
        })
        .unwrap_err();
        let TgatError::Weight { name, index, value: got } = error else { panic!("{error:?}") };
        assert_eq!(
            (name.as_str(), index, got.to_bits()),
            ("significance_scorer.0.weight", 3, value.to_bits())
        );
    }
}

#[test]
fn a_hostile_file_is_an_error_and_never_a_panic() {
    let load = |bytes: &[u8]| Model::from_bytes(bytes, &small(), INPUT_DIM);
    let good = seeded(&small()).to_bytes().unwrap();
    let with_header = |header: &str| {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.bytes());
        bytes
    };
    let huge = usize::MAX;
    // Sixteen tensors that together end at the largest number of 64 bits.
    let end = |i: u64| if i == 16 { u64::MAX } else { i << 60 };
    let vast: Vec<String> = (0..16)
        .map(|i| {
            let (from, to) = (end(i), end(i + 1));
            format!(r#""{i}":{{"dtype":"U8","shape":[{}],"data_offsets":[{from},{to}]}}"#, to - from)
        })
        .collect();
    for bytes in [
        vec![],
        vec![0; 7],
        vec![0; 8],
        vec![0xFF; 64],
        with_header("{"),
        with_header("[]"),
        with_header(&"[".repeat(100_000)),
        with_header(r#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#),
        with_header(&format!(r#"{{"a":{{"dtype":"U8","shape":[{huge}],"data_offsets":[0,{huge}]}}}}"#)),
        with_header(&format!("{{{}}}", vast.join(","))),
        with_header(r#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#),
    ] {
        assert!(matches!(load(&bytes), Err(TgatError::File { .. } | TgatError::FileSize { .. })));
    }
    let long = with_header(&" ".repeat((1 << 20) + 1));
    assert!(matches!(load(&long), Err(TgatError::FileSize { what: "header in bytes", .. })));
    // Truncated anywhere, or one byte changed anywhere in the header.
    let header = 8 + u64::from_le_bytes(good[..8].try_into().unwrap()) as usize;
    for end in (0..good.len()).step_by(97) {
        assert!(load(&good[..end]).is_err(), "cut at {end}");
    }
    for at in 0..header {
        let mut bytes = good.clone();
        bytes[at] = bytes[at].wrapping_add(1 + (at % 7) as u8);
        // A changed byte may still be valid, as in the white space behind the header: only a panic is a failure.
        let _ = load(&bytes);
    }
}

#[test]
fn a_network_of_invalid_sizes_is_refused() {
    assert!(matches!(Model::seeded(&small(), 0, 1), Err(TgatError::InputDim { got: 0, .. })));
    assert!(matches!(Model::seeded(&small(), 1 << 40, 1), Err(TgatError::InputDim { .. })));
    let odd = TgatConfig { num_heads: 3, ..small() };
    assert!(matches!(Model::seeded(&odd, 5, 1), Err(TgatError::Setting { .. })));
    let bytes = seeded(&small()).to_bytes().unwrap();
    assert!(matches!(Model::from_bytes(&bytes, &odd, 5), Err(TgatError::Setting { .. })));
}
