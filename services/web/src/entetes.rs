//! Security headers of every HTML answer: nothing from elsewhere, no script at all, no frame.

/// (name, value) pairs, lower case as HTTP/2 wants them.
pub const SECURITE: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_allows_neither_inline_nor_foreign_content() {
        let politique = SECURITE[0].1;
        assert!(politique.starts_with("default-src 'none'"));
        assert!(!politique.contains("unsafe") && !politique.contains("http") && !politique.contains('*'));
        assert!(!politique.contains("script-src"), "no script at all");
    }
}
