//! The layers of a stacked chart: the nine largest series, and the others together.

use tokenscope::report::UsageSeries;

/// How many series stand by themselves.
pub const LAYERS_MAX: usize = 9;

/// One layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Its name; none for the others together.
    pub name: Option<String>,
    /// Code of its API; none for the others together.
    pub slug: Option<String>,
    /// Number of its colour; none for the others' grey.
    pub hue: Option<u8>,
    /// One value a column.
    pub values: Vec<i64>,
    /// Sum of the values.
    pub total: i64,
    /// One a column: what the comparison holds; empty where columns cannot be compared.
    pub before: Vec<i64>,
}

/// The layers from the axis upwards: the largest first, the others last.
#[must_use]
pub fn layers(usage: &UsageSeries) -> Vec<Layer> {
    let alone = usage.series.iter().take(LAYERS_MAX);
    let mut layers: Vec<Layer> = alone
        .map(|s| Layer {
            name: Some(s.name.clone()),
            slug: Some(s.slug.clone()),
            hue: Some(s.hue),
            values: s.values.clone(),
            total: s.total,
            before: s.before.clone(),
        })
        .collect();
    let rest = usage.series.get(LAYERS_MAX..).unwrap_or_default();
    if !rest.is_empty() {
        let column = |i: usize| rest.iter().filter_map(|s| s.values.get(i)).sum();
        let before = |i: usize| rest.iter().filter_map(|s| s.before.get(i)).sum();
        let compared = rest.iter().map(|s| s.before.len()).max().unwrap_or(0);
        layers.push(Layer {
            name: None,
            slug: None,
            hue: None,
            values: (0..usage.columns.len()).map(column).collect(),
            total: rest.iter().map(|s| s.total).sum(),
            before: (0..compared).map(before).collect(),
        });
    }
    layers
}

/// The height of every column.
#[must_use]
pub fn heights(usage: &UsageSeries) -> Vec<i64> {
    let column = |i: usize| usage.series.iter().filter_map(|s| s.values.get(i)).sum();
    (0..usage.columns.len()).map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokenscope::report::{Column, Metric, Series};
    use tokenscope::time::{Instant, Period};

    fn usage(count: u8) -> UsageSeries {
        let period = Period::new(Instant::from_micros(0), Instant::from_micros(1));
        let series = |i: u8| Series {
            slug: format!("api-{i}"),
            name: format!("API {i}"),
            hue: i,
            values: vec![i64::from(100 - i), 1],
            total: i64::from(101 - i),
            before: vec![1, 2],
            used: Vec::new(),
        };
        UsageSeries {
            metric: Metric::Tokens,
            columns: vec![Column { period, in_progress: false }; 2],
            series: (0..count).map(series).collect(),
            total: 0,
            previous_total: 0,
        }
    }

    #[test]
    fn nine_series_stand_alone_and_the_others_together() {
        assert_eq!(layers(&usage(9)).len(), 9);
        let many = usage(12);
        let layers = layers(&many);
        assert_eq!(layers.len(), 10);
        assert_eq!(layers[9].name, None);
        assert_eq!(layers[9].values, [91 + 90 + 89, 3]);
        assert_eq!(layers[9].total, 92 + 91 + 90);
        assert_eq!(layers[9].before, [3, 6]);
        assert_eq!((&layers[8].slug, &layers[9].slug), (&Some("api-8".into()), &None));
    }

    #[test]
    fn layers_add_up_to_the_columns() {
        let many = usage(12);
        let layers = layers(&many);
        for (i, height) in heights(&many).into_iter().enumerate() {
            assert_eq!(layers.iter().map(|l| l.values[i]).sum::<i64>(), height);
        }
    }
}
