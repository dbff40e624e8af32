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

/// The same policy where forms also lead to another origin, as a sign-in elsewhere does.
pub fn politique_avec(origine: &str) -> Option<String> {
    let (_, politique) = SECURITE.iter().find(|(nom, _)| *nom == "content-security-policy")?;
    Some(politique.replace("form-action 'self'", &format!("form-action 'self' {origine}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_origin_is_only_one_that_forms_lead_to() {
        let politique = politique_avec("https://id.example").unwrap();
        assert_eq!(politique.matches("https://id.example").count(), 1);
        assert!(politique.contains("form-action 'self' https://id.example;"));
    }

    #[test]
    fn the_policy_allows_neither_inline_nor_foreign_content() {
        let politique = SECURITE[0].1;
        assert!(politique.starts_with("default-src 'none'"));
        assert!(!politique.contains("unsafe") && !politique.contains("http") && !politique.contains('*'));
        assert!(!politique.contains("script-src"), "no script at all");
    }
}
