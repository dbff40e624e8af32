//! Step 9 of the path: what readers see. GraphQL and pages call the same query functions of the store;
//! they hold no SQL and no arithmetic.

pub mod centre;
pub mod comite;
pub mod comparaison;
pub mod convention;
pub mod extraction;
pub mod graphql;
pub mod memoire;
pub mod offre;
pub mod pages;
pub mod tableau;
