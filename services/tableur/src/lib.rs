//! tableur
