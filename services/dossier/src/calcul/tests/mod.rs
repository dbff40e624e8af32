//! Tests of the whole computation: an example worked by hand, then properties.

mod exemple;
mod fabrique;
mod proprietes;
