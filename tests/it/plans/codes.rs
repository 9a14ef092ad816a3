//! The codes and sizes that the host uses in kernel parameters equal those of the kernel headers.

use ironforge::attention::lowering::{
    AttentionParams, BiasCode, BiasParams, FULL_TILE, KeyForm, OutputType, THREADS, TileEntry,
    TimeBiasParams, TimeRange, WorkItem,
};
use ironforge::geometry::BLOCK;

const PARAMS: &str = include_str!("../../../kernels/include/params.cuh");
const BIAS: &str = include_str!("../../../kernels/include/bias.cuh");

/// The values of an enum of a header, `enum NAME : uint32_t { A = 0, B = 1 };`, in order.
fn header_enum(header: &str, name: &str) -> Vec<(String, u32)> {
    let start = format!("enum {name} : uint32_t {{");
    let body =
        header.split_once(&start).unwrap_or_else(|| panic!("no `{start}`")).1.split_once('}').unwrap().0;
    let value = |text: &str| {
        let (name, value) = text.split_once('=').unwrap();
        (name.trim().to_owned(), value.trim().parse().unwrap())
    };
    body.split(',').map(value).collect()
}

/// The text after `constexpr TYPE NAME = ` in the parameter header.
fn header_constant(name: &str) -> &'static str {
    let line = PARAMS.lines().find(|l| l.starts_with("constexpr ") && l.contains(&format!(" {name} = ")));
    line.unwrap().split_once(" = ").unwrap().1.split(';').next().unwrap()
}

#[test]
fn codes_are_those_of_the_kernel_headers() {
    let agree = |header: &str, name: &str, host: &[(&str, u32)]| {
        let host: Vec<_> = host.iter().map(|&(name, value)| (name.to_owned(), value)).collect();
        assert_eq!(header_enum(header, name), host, "{name}");
    };
    agree(
        PARAMS,
        "KeyForm",
        &[
            ("KEYS_ALL", KeyForm::All as u32),
            ("KEYS_CAUSAL", KeyForm::Causal as u32),
            ("KEYS_INTERVALS", KeyForm::Intervals as u32),
            ("KEYS_LIST", KeyForm::List as u32),
        ],
    );
    agree(
        PARAMS,
        "OutputType",
        &[("OUT_F32", OutputType::F32 as u32), ("OUT_HALF", OutputType::Half as u32)],
    );
    agree(
        BIAS,
        "BiasKind",
        &[
            ("BIAS_NONE", BiasCode::None as u32),
            ("BIAS_SQRT", BiasCode::Sqrt as u32),
            ("BIAS_STEPS", BiasCode::Steps as u32),
        ],
    );
    assert_eq!(header_constant("BLOCK").parse(), Ok(BLOCK));
    assert_eq!(header_constant("THREADS").parse(), Ok(THREADS));
    assert_eq!(header_constant("FULL_TILE"), format!("{FULL_TILE:#x}u"));
}

#[test]
fn structs_have_the_sizes_that_the_kernel_headers_assert() {
    for (name, bytes) in [
        ("WorkItem", size_of::<WorkItem>()),
        ("TileEntry", size_of::<TileEntry>()),
        ("TimeRange", size_of::<TimeRange>()),
        ("BiasParams", size_of::<BiasParams>()),
        ("AttentionParams", size_of::<AttentionParams>()),
        ("TimeBiasParams", size_of::<TimeBiasParams>()),
    ] {
        let assertion = format!("static_assert(sizeof({name}) == {bytes}, ");
        assert!(PARAMS.contains(&assertion) || BIAS.contains(&assertion), "{assertion}");
    }
}
