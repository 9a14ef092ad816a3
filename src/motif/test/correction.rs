//! Corrections for multiple tests that need only the p-values.

/// Bonferroni-corrected p-values: p times the number of tests, at most 1.
pub(in crate::motif) fn bonferroni(p_values: &[f64]) -> Vec<f64> {
    p_values.iter().map(|p| (p * p_values.len() as f64).min(1.0)).collect()
}

/// q-values of Benjamini and Hochberg (1995): the lowest false discovery rate at which each test is significant,
/// under positive dependence.
pub(in crate::motif) fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    step_up(p_values, 1.0)
}

/// q-values of Benjamini and Yekutieli (2001): valid under any dependence, larger by a factor 1 + 1/2 + ... + 1/n.
pub(in crate::motif) fn benjamini_yekutieli(p_values: &[f64]) -> Vec<f64> {
    step_up(p_values, (1..=p_values.len()).map(|rank| 1.0 / rank as f64).sum())
}

/// Step-up procedure: p · `factor` · n / rank, then the running minimum from the largest p down.
fn step_up(p_values: &[f64], factor: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut q_values = vec![1.0; p_values.len()];
    let mut least = 1.0_f64;
    for (rank, &index) in order.iter().enumerate().rev() {
        least = least.min(p_values[index] * factor * p_values.len() as f64 / (rank + 1) as f64);
        q_values[index] = least;
    }
    q_values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corrected_values_equal_those_of_scipy() {
        let p = [0.01, 0.04, 0.03, 0.2];
        let near = |got: Vec<f64>, want: [f64; 4]| {
            assert!(got.iter().zip(want).all(|(g, w)| (g - w).abs() < 1e-15), "{got:?}");
        };
        // scipy.stats.false_discovery_control(p, method="bh" and "by")
        near(benjamini_hochberg(&p), [0.04, 0.16 / 3.0, 0.16 / 3.0, 0.2]);
        let sum = 25.0 / 12.0;
        near(benjamini_yekutieli(&p), [0.04 * sum, 0.16 / 3.0 * sum, 0.16 / 3.0 * sum, 0.2 * sum]);
        near(bonferroni(&p), [0.04, 0.16, 0.12, 0.8]);
        assert_eq!(benjamini_yekutieli(&[0.9, 0.8, 1.0]), [1.0; 3]);
        assert!(benjamini_hochberg(&[]).is_empty() && bonferroni(&[]).is_empty());
    }
}
