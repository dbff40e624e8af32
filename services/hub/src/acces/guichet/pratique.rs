//! The counter of the good practices proposed from the pages: who may propose, decide, adopt; each with its line of the
//! audit journal. What waits to be read is told to its centre and to who decides, to nobody else.

use chrono::{DateTime, Utc};
use hub_storage::noeud::Noeud;
use hub_storage::pratique::{self, Adoption, EtatPratique, Pratique, Proposition};
use hub_storage::remontee::CleRemontee;
use referentiel::cellule::Audience;

use super::super::regle::{Action, GestePratique, peut};
use super::{Guichet, Refus};

impl Guichet {
    /// May the caller do this about the practices of this centre?
    pub fn peut_pratiquer(&self, geste: GestePratique, noeud: &str) -> bool {
        let cle = CleRemontee { campagne: String::new(), noeud: noeud.to_owned(), dispositif: String::new() };
        peut(&self.appelant, &self.regard, Action::Pratique(geste), Some(&cle))
    }

    /// Centres for which the caller may do this.
    pub fn centres_ou_pratiquer(&self, geste: GestePratique) -> Vec<&Noeud> {
        let noeuds = self.configuration.noeuds.iter().map(|(n, _)| n);
        noeuds.filter(|n| self.peut_pratiquer(geste, n.identifiant.as_str())).collect()
    }

    /// Practices proposed from the pages: the published ones that the role sees, and those that wait or were refused
    /// where the caller has a part in them.
    pub async fn pratiques_proposees(&self) -> Result<Vec<Pratique>, Refus> {
        let mut lues = match self.audience(Some(self.appelant.audience.max(Audience::Reseau))) {
            Ok(Audience::Reseau) => pratique::publiees(&self.db, &self.regard.cellules).await?,
            // Sheets are written for the network: nothing of them is public.
            _ => vec![],
        };
        let concerne = |p: &Pratique| {
            [GestePratique::Proposer, GestePratique::Decider].into_iter().any(|g| self.peut_pratiquer(g, &p.noeud))
        };
        if self.appelant.ecriture {
            let connues: Vec<String> = lues.iter().map(|p| p.identifiant.clone()).collect();
            let autres = pratique::toutes(&self.db).await?.into_iter();
            lues.extend(autres.filter(|p| !connues.contains(&p.identifiant) && concerne(p)));
        }
        Ok(lues)
    }

    /// Who adopted what; the caller keeps what concerns the practices it sees.
    pub async fn adoptions(&self) -> Result<Vec<Adoption>, Refus> {
        Ok(pratique::adoptions(&self.db).await?)
    }

    /// Writes a proposal down; false when its form was already taken.
    pub async fn propose_pratique(&self, p: &Proposition, moment: DateTime<Utc>) -> Result<bool, Refus> {
        self.exige(GestePratique::Proposer, &p.noeud)?;
        let fait = self.fait("pratique.proposer", p.identifiant.clone(), &p.noeud, moment);
        Ok(pratique::propose(&self.db, p, &fait).await?)
    }

    /// Publishes or refuses a proposal; false when it waits no more.
    pub async fn decide_pratique(
        &self,
        p: &Pratique,
        vers: EtatPratique,
        motif: Option<&str>,
        moment: DateTime<Utc>,
    ) -> Result<bool, Refus> {
        self.exige(GestePratique::Decider, &p.noeud)?;
        let action = if vers == EtatPratique::Publiee { "pratique.publier" } else { "pratique.refuser" };
        let fait = self.fait(action, p.identifiant.clone(), vers.code(), moment);
        Ok(pratique::decide(&self.db, &p.identifiant, vers, motif, &fait).await?)
    }

    /// Says that a centre does the same; false when it had said so.
    pub async fn adopte_pratique(&self, reference: &str, noeud: &str, moment: DateTime<Utc>) -> Result<bool, Refus> {
        self.exige(GestePratique::Adopter, noeud)?;
        let fait = self.fait("pratique.adopter", reference.to_owned(), noeud, moment);
        Ok(pratique::adopte(&self.db, reference, noeud, &fait).await?)
    }

    fn exige(&self, geste: GestePratique, noeud: &str) -> Result<(), Refus> {
        if self.peut_pratiquer(geste, noeud) { Ok(()) } else { Err(Refus::Acces("cette action")) }
    }
}
