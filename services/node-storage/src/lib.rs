//! node-storage
