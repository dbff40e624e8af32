//! The rows a reader may see, as a condition of the statement itself: what is out of it neither shows nor
//! counts towards a page. Decided by `hub::acces`; this file only writes it in SQL, and must never widen it.

use referentiel::territoire::Niveau;

use crate::valeur::Conditions;

/// Where a right holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zone {
    /// Everywhere.
    Tout,
    /// What these centres published.
    Centres(Vec<String>),
    /// These regions; a part of a region is no narrower place.
    Regions(Vec<String>),
    /// These départements, whichever centre published.
    Departements(Vec<String>),
    /// These dispositifs and their structures.
    Dispositifs(Vec<String>),
}

/// What may be seen: the union of its parts. Without a part, nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Visibilite {
    /// Levels of territory, and where they may be seen.
    pub parts: Vec<(Niveau, Zone)>,
    /// Data sets; none for all.
    pub jeux: Option<Vec<String>>,
}

/// Every level.
pub const NIVEAUX: [Niveau; 4] = [Niveau::Structure, Niveau::Dispositif, Niveau::Departement, Niveau::Region];

impl Visibilite {
    /// Everything there is.
    pub fn entiere() -> Self {
        Self { parts: NIVEAUX.map(|n| (n, Zone::Tout)).to_vec(), jeux: None }
    }

    fn est_entiere(&self) -> bool {
        NIVEAUX.iter().all(|n| self.parts.contains(&(*n, Zone::Tout)))
    }

    /// Condition on `observation o` left-joined with its `territoire t`.
    pub(crate) fn observations(&self, c: &mut Conditions) {
        if let Some(jeux) = &self.jeux {
            let jeux = liste(c, jeux);
            c.texte(format!("o.jeu IN ({jeux})"));
        }
        if self.est_entiere() {
            return;
        }
        let parts: Vec<String> = self.parts.iter().map(|(niveau, zone)| cellule(c, *niveau, zone)).collect();
        c.texte(union(&parts));
    }

    /// Condition on `dispositif d`: a fiche is seen where the figures of its dispositif are.
    pub(crate) fn dispositifs(&self, c: &mut Conditions) {
        if self.jeux.as_ref().is_some_and(|jeux| jeux.iter().all(|j| j != "ea.dispositif")) {
            c.texte("1 = 0".to_owned());
            return;
        }
        let zones = self.parts.iter().filter(|(niveau, _)| *niveau == Niveau::Dispositif);
        let parts: Vec<String> = zones.map(|(_, zone)| fiche(c, zone)).collect();
        c.texte(union(&parts));
    }

    /// Condition on `fiche f`: a record is seen where the figures of its centre’s département are.
    pub(crate) fn fiches(&self, c: &mut Conditions) {
        if let Some(jeux) = &self.jeux {
            let jeux = liste(c, jeux);
            c.texte(format!("f.jeu IN ({jeux})"));
        }
        let zones = self.parts.iter().filter(|(niveau, _)| *niveau == Niveau::Departement);
        let parts: Vec<String> = zones.map(|(_, zone)| declaree(c, zone)).collect();
        c.texte(union(&parts));
    }
}

/// Condition « this column is one of the centres », for what is known by centre.
pub(crate) fn centres(c: &mut Conditions, colonne: &str, zone: &Zone) {
    match zone {
        Zone::Tout => {}
        Zone::Centres(centres) => {
            let centres = liste(c, centres);
            c.texte(format!("{colonne} IN ({centres})"));
        }
        // A territory says nothing of what a centre sent as a whole.
        Zone::Regions(_) | Zone::Departements(_) | Zone::Dispositifs(_) => c.texte("1 = 0".to_owned()),
    }
}

/// Condition on `remontee r`.
pub(crate) fn remontees(c: &mut Conditions, zone: &Zone) {
    match zone {
        Zone::Dispositifs(dispositifs) => {
            let dispositifs = liste(c, dispositifs);
            c.texte(format!("r.dispositif IN ({dispositifs})"));
        }
        autre => centres(c, "r.noeud", autre),
    }
}

fn cellule(c: &mut Conditions, niveau: Niveau, zone: &Zone) -> String {
    let place = c.lie(niveau.code());
    let condition = match (niveau, zone) {
        (_, Zone::Tout) => return format!("o.niveau = {place}"),
        (_, Zone::Centres(v)) => format!("o.noeud IN ({})", liste(c, v)),
        (Niveau::Region, Zone::Regions(v))
        | (Niveau::Departement, Zone::Departements(v))
        | (Niveau::Dispositif, Zone::Dispositifs(v)) => {
            format!("o.territoire IN ({})", liste(c, v))
        }
        (Niveau::Dispositif, Zone::Departements(v)) => {
            format!("t.parent_niveau = 'departement' AND t.parent_code IN ({})", liste(c, v))
        }
        (Niveau::Structure, Zone::Dispositifs(v)) => {
            format!("t.parent_niveau = 'dispositif' AND t.parent_code IN ({})", liste(c, v))
        }
        (Niveau::Structure, Zone::Departements(v)) => format!(
            "EXISTS (SELECT 1 FROM territoire p WHERE p.campagne = o.campagne AND p.niveau = 'dispositif'
             AND p.code = t.parent_code AND p.noeud = o.noeud AND p.jeu = o.jeu AND p.parent_code IN ({}))",
            liste(c, v)
        ),
        // A département is no part of a dispositif, nor a region of a département.
        (Niveau::Departement, Zone::Dispositifs(_))
        | (Niveau::Region, Zone::Departements(_) | Zone::Dispositifs(_))
        | (_, Zone::Regions(_)) => "1 = 0".to_owned(),
    };
    format!("(o.niveau = {place} AND {condition})")
}

fn fiche(c: &mut Conditions, zone: &Zone) -> String {
    match zone {
        Zone::Tout => "1 = 1".to_owned(),
        Zone::Centres(v) => format!("d.noeud IN ({})", liste(c, v)),
        Zone::Regions(v) => format!("d.region IN ({})", liste(c, v)),
        Zone::Departements(v) => format!("d.departement IN ({})", liste(c, v)),
        Zone::Dispositifs(v) => format!("d.reference IN ({})", liste(c, v)),
    }
}

fn declaree(c: &mut Conditions, zone: &Zone) -> String {
    match zone {
        Zone::Tout => "1 = 1".to_owned(),
        Zone::Centres(v) => format!("f.noeud IN ({})", liste(c, v)),
        Zone::Departements(v) => format!("f.territoire IN ({})", liste(c, v)),
        Zone::Regions(_) | Zone::Dispositifs(_) => "1 = 0".to_owned(),
    }
}

/// The places of the values; nothing is in an empty list.
fn liste(c: &mut Conditions, valeurs: &[String]) -> String {
    if valeurs.is_empty() {
        return "NULL".to_owned();
    }
    valeurs.iter().map(|v| c.lie(v)).collect::<Vec<_>>().join(", ")
}

fn union(parts: &[String]) -> String {
    if parts.is_empty() { "1 = 0".to_owned() } else { format!("({})", parts.join(" OR ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(v: &Visibilite) -> String {
        let mut c = Conditions::default();
        v.observations(&mut c);
        c.sql()
    }

    #[test]
    fn nothing_granted_is_nothing_seen() {
        assert_eq!(sql(&Visibilite::default()), " WHERE 1 = 0");
        let vide = Visibilite { parts: vec![(Niveau::Dispositif, Zone::Centres(vec![]))], jeux: None };
        assert!(sql(&vide).contains("o.noeud IN (NULL)"));
        let mut c = Conditions::default();
        Visibilite { parts: vec![(Niveau::Region, Zone::Tout)], jeux: None }.dispositifs(&mut c);
        assert_eq!(c.sql(), " WHERE 1 = 0", "a region opens no fiche");
    }

    #[test]
    fn everything_costs_no_condition() {
        assert_eq!(sql(&Visibilite::entiere()), "");
    }
}
