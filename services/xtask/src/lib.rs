//! The invented story of the demonstration, also told by the tests: six centres, their dispositifs,
//! persons who never existed, and the workbooks they make.

pub mod recit;
