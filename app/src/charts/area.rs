//! The geometry that the drawing on the server and the overlay in the browser share.

/// A drawing area in quarter pixels: whole numbers that are fine enough for 92 columns on a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// Width in quarter pixels.
    pub width: i32,
    /// Height in quarter pixels.
    pub height: i32,
}

/// Quarter pixels in a pixel.
pub const UNITS: i32 = 4;
/// 360 pixels wide: phones.
pub const NARROW: Area = Area { width: 360 * UNITS, height: 224 * UNITS };
/// 960 pixels wide: everything else.
pub const WIDE: Area = Area { width: 960 * UNITS, height: 280 * UNITS };

/// The horizontal place of one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Left edge of the slot, gap included.
    pub left: i32,
    /// Right edge of the slot.
    pub right: i32,
    /// Left edge of the bar.
    pub bar_left: i32,
    /// Right edge of the bar.
    pub bar_right: i32,
}

impl Area {
    /// The `viewBox` of its `<svg>`.
    #[must_use]
    pub fn view_box(self) -> String {
        format!("0 0 {} {}", self.width, self.height)
    }

    /// Where column `index` of `count` stands. Slots tile the width without gap or overlap.
    #[must_use]
    pub fn slot(self, index: usize, count: usize) -> Slot {
        let edge = |i: usize| {
            let (i, n) = (i64::try_from(i).unwrap_or(0), i64::try_from(count.max(1)).unwrap_or(1));
            i32::try_from(i64::from(self.width) * i / n).unwrap_or(self.width)
        };
        let (left, right) = (edge(index), edge(index + 1));
        // A quarter of the slot stays free, and a lone column does not fill the chart.
        let bar = ((right - left) * 3 / 4).clamp(1, 72 * UNITS);
        let bar_left = left + (right - left - bar) / 2;
        Slot { left, right, bar_left, bar_right: bar_left + bar }
    }

    /// The height at which a value stands: 0 at the bottom edge, `max` at the top edge.
    #[must_use]
    pub fn y(self, value: i64, max: i64) -> i32 {
        let share = i128::from(value) * i128::from(self.height) / i128::from(max.max(1));
        self.height - i32::try_from(share).unwrap_or(self.height).clamp(0, self.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_tile_the_width() {
        for area in [NARROW, WIDE] {
            for count in [1, 7, 28, 91, 92] {
                let slots: Vec<_> = (0..count).map(|i| area.slot(i, count)).collect();
                assert_eq!(slots[0].left, 0);
                assert_eq!(slots[count - 1].right, area.width);
                assert!(slots.windows(2).all(|w| w[0].right == w[1].left));
                assert!(slots.iter().all(|s| s.left <= s.bar_left && s.bar_right <= s.right));
                assert!(slots.iter().all(|s| s.bar_left < s.bar_right));
            }
        }
    }

    #[test]
    fn zero_stands_on_the_axis_and_the_maximum_at_the_top() {
        assert_eq!(WIDE.y(0, 10), WIDE.height);
        assert_eq!(WIDE.y(10, 10), 0);
        assert_eq!(WIDE.y(i64::MAX, i64::MAX), 0);
        assert_eq!(WIDE.y(5, 0), 0);
    }
}
