//! The hub from outside: signed publications over its real routes, on both databases.

mod banc;
mod bases;
mod federation;
mod forges;
mod graphql;
mod mesure;
mod pages;
mod population;
