//! The figures of all rounds as Markdown.

use std::collections::BTreeMap;

use crate::scenario::{ALL, Figures, Scenario};

/// Figures by scenario and proxy, one for each round; and of the upstream alone.
#[derive(Debug, Default)]
pub(crate) struct Rounds {
    measured: BTreeMap<(usize, &'static str), Vec<Figures>>,
    direct: BTreeMap<usize, Vec<f64>>,
}

impl Rounds {
    /// Adds what one proxy did in one round; `scenario` is its place in [`ALL`].
    pub(crate) fn add(&mut self, scenario: usize, proxy: &'static str, figures: Figures) {
        self.measured
            .entry((scenario, proxy))
            .or_default()
            .push(figures);
    }

    /// Adds the median latency of the upstream without a proxy.
    pub(crate) fn add_direct(&mut self, scenario: usize, p50_us: f64) {
        self.direct.entry(scenario).or_default().push(p50_us);
    }

    /// Prints everything.
    pub(crate) fn print(&self) {
        println!(
            "| call | proxy | CPU us per call (least to most) | p50 us | added p50 us |\n|---|---|---|---|---|"
        );
        for ((index, proxy), figures) in &self.measured {
            let cpu: Vec<f64> = figures.iter().map(|figures| figures.cpu_us).collect();
            let p50 = median(figures.iter().map(|figures| figures.p50_us));
            println!(
                "| {} | {proxy} | {:.1} ({:.1} to {:.1}) | {p50:.0} | {:.0} |",
                ALL[*index].name,
                median(cpu.iter().copied()),
                cpu.iter().copied().fold(f64::INFINITY, f64::min),
                cpu.iter().copied().fold(0.0, f64::max),
                p50 - self.direct_p50(*index),
            );
        }
        println!("\n| call | CPU, gateway / Envoy | added p50, gateway / Envoy |\n|---|---|---|");
        for (index, scenario) in ALL.iter().enumerate().filter(|(_, it)| it.is_for_envoy) {
            self.print_ratios(index, scenario);
        }
    }

    /// Of the same round each, then the median.
    fn print_ratios(&self, index: usize, scenario: &Scenario) {
        let (Some(ours), Some(theirs)) = (
            self.measured.get(&(index, "gateway")),
            self.measured.get(&(index, "envoy")),
        ) else {
            return;
        };
        let direct = self.direct_p50(index);
        let cpu = ours.iter().zip(theirs).map(|(a, b)| a.cpu_us / b.cpu_us);
        let added = ours
            .iter()
            .zip(theirs)
            .map(|(a, b)| (a.p50_us - direct) / (b.p50_us - direct));
        println!(
            "| {} | {:.2} | {:.2} |",
            scenario.name,
            median(cpu),
            median(added)
        );
    }

    fn direct_p50(&self, scenario: usize) -> f64 {
        median(self.direct.get(&scenario).into_iter().flatten().copied())
    }
}

/// Not a number where there is none.
pub(crate) fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_stands_in_the_middle() {
        assert!((median([3.0, 1.0, 2.0].into_iter()) - 2.0).abs() < f64::EPSILON);
        assert!(median([].into_iter()).is_nan());
    }
}
