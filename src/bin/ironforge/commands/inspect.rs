//! `ironforge inspect`.

use ironforge::pipeline::Error;
use ironforge::store::{ColumnReport, InspectOptions, Inspection, inspect};

use crate::args::InspectArgs;
use crate::output::{self, Failure};
use crate::progress;
use crate::settings::effective;

/// Describes a Parquet file and, without `--footer`, decodes all of it.
pub fn run(args: &InspectArgs) -> Result<(), Failure> {
    let effective = effective(&args.configuration, Vec::new())?;
    let depth =
        InspectOptions { pages: !args.footer, memory_limit_bytes: effective.config.limits.memory_bytes() };
    let progress = progress::for_stderr();
    if depth.pages {
        progress.phase("decoding");
    }
    let inspection = inspect(&args.file, depth, |done, total| {
        if depth.pages {
            progress.step(done, total);
        }
    });
    drop(progress);
    let inspection = inspection.map_err(Error::from)?;
    match args.json {
        true => output::json_document(1, &inspection),
        false => output::result(&summary(&inspection)),
    }
}

fn summary(i: &Inspection) -> String {
    let rows: Vec<u64> = i.row_groups.iter().map(|group| group.rows).collect();
    let groups = match (rows.len(), rows.iter().min(), rows.iter().max()) {
        (0, ..) | (_, None, _) | (_, _, None) => "no row group".to_owned(),
        (1, Some(rows), _) => format!("1 row group of {rows}"),
        (n, Some(min), Some(max)) => format!("{n} row groups of {min} to {max}"),
    };
    let bytes = |size: fn(&ColumnReport) -> u64| i.leaves.iter().map(size).sum::<u64>();
    let mut text = format!(
        "file      {}, {} bytes, footer {} bytes, format {}\nwriter    {}\nrows      {} in {groups}\n\
         columns   {}, {} bytes, {} decompressed\nchecksum  {}\n",
        i.path,
        i.bytes,
        i.footer_bytes,
        i.format_version,
        i.created_by.as_deref().unwrap_or("unknown"),
        i.rows,
        i.leaves.len(),
        bytes(|leaf| leaf.compressed_bytes),
        bytes(|leaf| leaf.uncompressed_bytes),
        i.checksum.as_deref().unwrap_or("none"),
    );
    if !i.metadata_keys.is_empty() {
        text += &format!("metadata  {}\n", i.metadata_keys.join(", "));
    }
    for leaf in &i.leaves {
        text += &described(leaf);
    }
    text
}

fn described(leaf: &ColumnReport) -> String {
    let kind = match &leaf.logical_type {
        Some(logical) => format!("{logical} as {}", leaf.physical_type),
        None => leaf.physical_type.clone(),
    };
    let mut text = format!(
        "\n{}\n  type    {kind}, definition level {}, repetition level {}\n  stored  {}, {}, {} bytes, {} decompressed{}{}\n",
        leaf.path,
        leaf.max_definition_level,
        leaf.max_repetition_level,
        leaf.compression.join(" "),
        leaf.encodings.join(" "),
        leaf.compressed_bytes,
        leaf.uncompressed_bytes,
        if leaf.statistics { ", statistics" } else { "" },
        if leaf.page_index { ", page index" } else { "" },
    );
    if let Some(content) = &leaf.content {
        text += &format!(
            "  values  {}, {} missing, in {} pages, {} of them with a checksum\n  sha256  {}\n",
            content.values, content.nulls, content.pages, content.checked_pages, content.sha256
        );
    }
    text
}
