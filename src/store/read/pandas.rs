//! Columns that pandas made of the index of a data frame.

use serde_json::Value;

/// Key of the metadata of pandas.
pub(crate) const PANDAS: &str = "pandas";
/// Start of the name of an index without a name.
const UNNAMED: &str = "__index_level_";

/// Names of the columns that number or name the rows, by the metadata that pandas stores as text, or by the name that it gives
/// such a column.
pub(crate) fn index_columns<'a>(
    metadata: Option<&str>,
    columns: impl Iterator<Item = &'a str>,
) -> Vec<String> {
    let stored = metadata.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let listed = stored.as_ref().and_then(|value| value.get("index_columns")?.as_array());
    let listed: Vec<&str> = listed.into_iter().flatten().filter_map(Value::as_str).collect();
    columns.filter(|name| listed.contains(name) || name.starts_with(UNNAMED)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_that_of_the_metadata_or_has_the_name_of_one() {
        let metadata = r#"{"index_columns": ["id", {"kind": "range"}]}"#;
        let columns = || ["t", "id", "__index_level_0__"].into_iter();
        assert_eq!(index_columns(Some(metadata), columns()), ["id", "__index_level_0__"]);
        assert_eq!(index_columns(None, columns()), ["__index_level_0__"]);
        assert_eq!(index_columns(Some("{"), ["id"].into_iter()), Vec::<String>::new());
    }
}
