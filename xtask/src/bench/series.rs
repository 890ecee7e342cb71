//! Figures of one thing that was measured several times.

/// At least one figure, in the order in which they were measured.
#[derive(Debug, Clone, Default)]
pub(super) struct Series(Vec<f64>);

impl Series {
    pub(super) fn push(&mut self, figure: f64) {
        self.0.push(figure);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn min(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    pub(super) fn max(&self) -> f64 {
        self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    pub(super) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The figure below which `share` of all lie, between two of them where it has to be.
    pub(super) fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let place = share * sorted.len().saturating_sub(1) as f64;
        let at = |place: f64| sorted.get(place as usize).copied().unwrap_or(f64::NAN);
        let (low, high) = (at(place.floor()), at(place.ceil()));
        low + (high - low) * place.fract()
    }

    /// Each figure divided by the one that was measured beside it: what disturbs the machine for
    /// a while disturbs both.
    pub(super) fn over(&self, other: &Self) -> Self {
        let pairs = self.0.iter().zip(&other.0);
        Self(pairs.map(|(mine, other)| mine / other).collect())
    }
}

impl FromIterator<f64> for Series {
    fn from_iter<I: IntoIterator<Item = f64>>(figures: I) -> Self {
        Self(figures.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_middles() {
        let odd: Series = [3.0, 1.0, 2.0].into_iter().collect();
        assert_eq!(odd.median(), 2.0);
        let even: Series = [4.0, 1.0, 3.0, 2.0].into_iter().collect();
        assert_eq!(even.median(), 2.5);
        assert_eq!((even.min(), even.max()), (1.0, 4.0));
    }

    #[test]
    fn quantiles_lie_between_figures() {
        let figures: Series = [0.0, 1.0, 2.0, 3.0, 4.0].into_iter().collect();
        assert_eq!((figures.quantile(0.25), figures.quantile(1.0)), (1.0, 4.0));
        let two: Series = [1.0, 2.0].into_iter().collect();
        assert_eq!(two.quantile(0.25), 1.25);
    }

    #[test]
    fn ratios_are_taken_pair_by_pair() {
        let mine: Series = [1.0, 20.0].into_iter().collect();
        let other: Series = [2.0, 10.0].into_iter().collect();
        assert_eq!(mine.over(&other).0, [0.5, 2.0]);
    }
}
