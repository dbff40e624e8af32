//! secret-statistique
