//! QR codes: black on a white ground with its quiet zone, in every theme, because cameras want
//! that.

use leptos::prelude::*;
use qrcode::{Color, EcLevel, QrCode};

/// Modules of white around the code, as the standard asks for.
const QUIET: usize = 4;

/// The code of a text; nothing for one that is too long. `label` is what it is.
pub fn qr(text: &str, label: &'static str) -> Option<AnyView> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let (width, modules) = (code.width(), code.to_colors());
    let size = width + 2 * QUIET;
    let mut path = String::new();
    for (y, row) in modules.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run[0] == Color::Dark {
                let (left, top, length) = (x + QUIET, y + QUIET, run.len());
                path.push_str(&format!("M{left} {top}h{length}v1h-{length}z"));
            }
            x += run.len();
        }
    }
    let view_box = format!("0 0 {size} {size}");
    Some(
        view! {
            <svg class="qr" role="img" aria-label=label viewBox=view_box width="240" height="240"
                shape-rendering="crispEdges" data-testid="qr">
                <rect width=size height=size fill="#fff"></rect>
                <path fill="#000" d=path></path>
            </svg>
        }
        .into_any(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_a_white_ground_and_quiet_corners() {
        let html = qr("otpauth://totp/Tokenscope:a?secret=GEZDGNBV", "code").unwrap().to_html();
        assert!(html.contains("fill=\"#fff\""), "{html}");
        // The first finder pattern: seven dark modules behind the quiet zone.
        assert!(html.contains("d=\"M4 4h7v1h-7z"), "{html}");
        assert!(qr(&"x".repeat(5000), "code").is_none());
    }
}
