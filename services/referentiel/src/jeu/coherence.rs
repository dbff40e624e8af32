//! A jeu file refers only to what it declares, and each thing has what its kind needs. The first defect is
//! told with its line: a jeu is written by hand, by somebody who does not read Rust.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;

use super::declaration::{GenreChamp, Grille, Liste};
use super::regle::Operande;
use super::{Jeu, Mesure, Nature, Seuils};

/// What is wrong, and how to find it in the file.
pub(super) struct Defaut {
    /// French sentence, without its end.
    pub detail: String,
    /// Part of the file it is in; the whole unless said.
    place: Option<Range<usize>>,
    /// Word of the file it is about.
    mot: String,
}

impl Defaut {
    fn nouveau(mot: &str, detail: String) -> Self {
        Self { detail, place: None, mot: mot.to_owned() }
    }

    /// Line of the word, else of the part. The place of a table of an array is its header: what it holds
    /// goes on to the next header.
    pub(super) fn ligne(&self, texte: &str) -> usize {
        let debut = self.place.as_ref().map_or(0, |p| p.start);
        let suite = texte.get(debut..).unwrap_or_default();
        let partie = match &self.place {
            Some(_) => suite.split("\n[").next().unwrap_or(suite),
            None => suite,
        };
        let cite = ['"', '\''].into_iter().filter_map(|g| partie.rfind(&format!("{g}{}{g}", self.mot))).max();
        texte.get(..debut + cite.unwrap_or(0)).unwrap_or_default().matches('\n').count() + 1
    }
}

fn dans<T>(element: &Spanned<T>, verdict: Result<(), Defaut>) -> Result<(), Defaut> {
    verdict.map_err(|d| Defaut { place: Some(element.span()), ..d })
}

impl Jeu {
    pub(super) fn verifie(&self) -> Result<(), Defaut> {
        for axe in &self.axes {
            if self.nomenclature(&axe.code).is_none() {
                let detail = format!("l’axe « {} » cite la nomenclature inconnue « {} »", axe.code, axe.nomenclature);
                return Err(Defaut::nouveau(&axe.nomenclature, detail));
            }
        }
        self.mesures.iter().try_for_each(|m| self.verifie_mesure(m))?;
        self.verifie_tables()?;
        for (audience, seuils) in &self.audiences {
            if seuils.seuil < Seuils::PLANCHER || seuils.seuil_sensible < seuils.seuil {
                let detail = format!(
                    "les seuils de l’audience « {} » sont sous le plancher de {}",
                    audience.code(),
                    Seuils::PLANCHER
                );
                return Err(Defaut::nouveau(audience.code(), detail));
            }
        }
        self.verifie_feuilles()?;
        self.grilles.iter().try_for_each(|g| dans(g, self.verifie_grille(g.get_ref())))?;
        self.listes.iter().try_for_each(|l| dans(l, self.verifie_liste(l.get_ref())))?;
        self.verifie_controles()
    }

    fn mesure_declaree(&self, code: &str) -> Result<&Mesure, Defaut> {
        self.mesure(code).ok_or_else(|| Defaut::nouveau(code, format!("la mesure « {code} » n’est pas déclarée")))
    }

    fn axe_declare(&self, code: &str) -> Result<(), Defaut> {
        let inconnu = || Defaut::nouveau(code, format!("l’axe « {code} » n’est pas déclaré"));
        self.axe(code).map(|_| ()).ok_or_else(inconnu)
    }

    fn verifie_tables(&self) -> Result<(), Defaut> {
        for table in &self.tables {
            for code in &table.mesures {
                if self.mesure_declaree(code)?.nature == Nature::Part {
                    let detail = format!("« {code} » est une part saisie sans son effectif : elle ne se publie pas");
                    return Err(Defaut::nouveau(code, detail));
                }
            }
            table.croisements.iter().flatten().try_for_each(|axe| self.axe_declare(axe))?;
        }
        for identite in &self.identites {
            self.mesure_declaree(&identite.total)?;
            identite.parties.iter().try_for_each(|m| self.mesure_declaree(m).map(|_| ()))?;
        }
        Ok(())
    }

    fn verifie_mesure(&self, m: &Mesure) -> Result<(), Defaut> {
        let refus = |detail: String| Err(Defaut::nouveau(&m.code, detail));
        if self.mesures.iter().filter(|autre| autre.code == m.code).count() > 1 {
            return refus(format!("la mesure « {} » est déclarée deux fois", m.code));
        }
        let rapport = [&m.numerateur, &m.denominateur];
        if rapport.iter().any(|t| t.is_some() != (m.nature == Nature::Taux)) {
            return refus(format!(
                "la mesure « {} » doit avoir numérateur et dénominateur si et seulement si c’est un taux",
                m.code
            ));
        }
        if m.combinaison.is_empty() == (m.nature == Nature::Derive) {
            return refus(format!(
                "la mesure « {} » doit avoir une combinaison si et seulement si elle est dérivée",
                m.code
            ));
        }
        if m.pour.is_some() {
            let base = m.denominateur.as_ref().and_then(|t| self.mesure(&t.mesure));
            if base.is_none_or(|base| base.perimetre.is_none()) {
                return refus(format!(
                    "le dénominateur du taux « {} » doit dire son périmètre (clé « perimetre »)",
                    m.code
                ));
            }
        }
        m.termes().try_for_each(|terme| {
            let cite = self.mesure_declaree(&terme.mesure)?;
            let admis = match m.nature {
                Nature::Taux => !matches!(cite.nature, Nature::Taux | Nature::Statistique | Nature::Part),
                _ => cite.nature.compte_des_personnes() || cite.nature == Nature::Operationnel,
            };
            if !admis {
                return refus(format!("« {} » ne peut pas être un terme de « {} »", cite.code, m.code));
            }
            self.verifie_ventilation(&terme.ventilation)
        })
    }

    fn verifie_ventilation(&self, ventilation: &BTreeMap<String, String>) -> Result<(), Defaut> {
        for (axe, modalite) in ventilation {
            self.axe_declare(axe)?;
            if self.nomenclature(axe).is_none_or(|liste| liste.modalite(modalite).is_none()) {
                let detail = format!("« {modalite} » n’est pas une valeur de l’axe « {axe} »");
                return Err(Defaut::nouveau(modalite, detail));
            }
        }
        Ok(())
    }

    /// Each sheet of the workbook has a name of its own that the format admits.
    fn verifie_feuilles(&self) -> Result<(), Defaut> {
        let mut vus = std::collections::BTreeSet::new();
        for nom in self.feuilles() {
            if nom.chars().count() > 31 || nom.contains(['[', ']', ':', '*', '?', '/', '\\']) {
                let detail = format!("« {nom} » ne peut pas nommer une feuille : 31 caractères au plus, sans []:*?/\\");
                return Err(Defaut::nouveau(nom, detail));
            }
            if !vus.insert(crate::texte::plie(nom)) {
                return Err(Defaut::nouveau(nom, format!("deux feuilles s’appellent « {nom} »")));
            }
        }
        Ok(())
    }

    fn verifie_grille(&self, g: &Grille) -> Result<(), Defaut> {
        let refus = |detail: &str| Err(Defaut::nouveau(&g.code, format!("la grille « {} » {detail}", g.code)));
        [&g.lignes, &g.colonnes].into_iter().flatten().try_for_each(|axe| self.axe_declare(axe))?;
        for code in &g.mesures {
            if matches!(self.mesure_declaree(code)?.nature, Nature::Taux | Nature::Derive | Nature::Statistique) {
                return Err(Defaut::nouveau(code, format!("« {code} » se calcule : il ne se saisit pas")));
            }
        }
        if g.mesures.is_empty() {
            return refus("ne saisit aucune mesure");
        }
        if g.colonnes.is_some() && (g.mesures.len() != 1 || g.lignes.is_none()) {
            return refus("a des colonnes par axe : il lui faut des lignes et une seule mesure");
        }
        if g.total && g.lignes.is_none() {
            return refus("n’a pas de lignes à totaliser");
        }
        let homonymes = self.grilles.iter().filter(|autre| autre.get_ref().code == g.code).count();
        if homonymes > 1 { refus("est déclarée deux fois") } else { Ok(()) }
    }

    fn verifie_liste(&self, l: &Liste) -> Result<(), Defaut> {
        self.champ(l, &l.cle)?;
        for c in &l.champs {
            let connue = c.nomenclature.as_ref().is_some_and(|nom| self.nomenclature_de_nom(nom).is_some());
            if connue != (c.genre == GenreChamp::Code) {
                let detail = format!(
                    "le champ « {} » doit citer une nomenclature connue si et seulement si c’est un code",
                    c.code
                );
                return Err(Defaut::nouveau(c.nomenclature.as_deref().unwrap_or(&c.code), detail));
            }
            if l.champs.iter().filter(|autre| autre.code == c.code).count() > 1 {
                return Err(Defaut::nouveau(&c.code, format!("le champ « {} » est déclaré deux fois", c.code)));
            }
        }
        if let Some(cycle) = &l.cycle {
            let champ = self.champ(l, &cycle.champ)?;
            let liste = champ.nomenclature.as_deref().and_then(|nom| self.nomenclature_de_nom(nom));
            if let Some(inconnu) = cycle.etats.iter().find(|e| liste.is_none_or(|n| n.modalite(e).is_none())) {
                return Err(Defaut::nouveau(
                    inconnu,
                    format!("l’état « {inconnu} » n’est pas une valeur de « {} »", cycle.champ),
                ));
            }
        }
        if let Some(r) = &l.regroupement {
            [Some(&r.champ), r.ensemble.as_ref()]
                .into_iter()
                .flatten()
                .try_for_each(|c| self.champ(l, c).map(|_| ()))?;
            if self.champ(l, &r.effectif)?.genre != GenreChamp::Effectif {
                let detail = format!("« {} » doit être de genre « effectif » pour compter un groupe", r.effectif);
                return Err(Defaut::nouveau(&r.effectif, detail));
            }
            if self.total_des_groupes(l).is_none() {
                let detail = format!(
                    "un contrôle « cumul » doit dire de quel chiffre les groupes de « {} » sont la somme",
                    l.code
                );
                return Err(Defaut::nouveau(&l.code, detail));
            }
        }
        match l.audience.filter(|a| !self.audiences.contains_key(a)) {
            Some(a) => {
                Err(Defaut::nouveau(&l.code, format!("l’audience « {} » n’a pas de seuils dans ce jeu", a.code())))
            }
            None => Ok(()),
        }
    }

    fn champ<'l>(&self, liste: &'l Liste, code: &str) -> Result<&'l super::declaration::Champ, Defaut> {
        let inconnu = || Defaut::nouveau(code, format!("« {code} » n’est pas un champ de la liste « {} »", liste.code));
        liste.champ(code).ok_or_else(inconnu)
    }

    fn operande(&self, o: &Operande) -> Result<(), Defaut> {
        self.mesure_declaree(&o.mesure)?;
        self.verifie_ventilation(&o.ventilation)?;
        o.somme_sur.iter().try_for_each(|axe| self.axe_declare(axe))?;
        o.parametre.iter().try_for_each(|p| self.parametre_declare(p))
    }

    fn parametre_declare(&self, code: &str) -> Result<(), Defaut> {
        if self.parametres.iter().any(|p| p.code == code) {
            return Ok(());
        }
        Err(Defaut::nouveau(code, format!("le paramètre « {code} » n’est pas déclaré")))
    }

    fn dans_la_liste(&self, liste: &str, champs: &[&String]) -> Result<(), Defaut> {
        let inconnue = || Defaut::nouveau(liste, format!("la liste « {liste} » n’est pas déclarée"));
        let liste = self.liste(liste).ok_or_else(inconnue)?;
        champs.iter().try_for_each(|champ| self.champ(liste, champ).map(|_| ()))
    }

    fn verifie_controles(&self) -> Result<(), Defaut> {
        let c = &self.controles;
        let sur_axe = |mesure: &str, axe: &str| self.mesure_declaree(mesure).and_then(|_| self.axe_declare(axe));
        c.somme.iter().try_for_each(|r| dans(r, sur_axe(&r.get_ref().mesure, &r.get_ref().axe)))?;
        c.parts.iter().try_for_each(|r| dans(r, sur_axe(&r.get_ref().mesure, &r.get_ref().axe)))?;
        c.presence.iter().try_for_each(|r| dans(r, sur_axe(&r.get_ref().mesure, &r.get_ref().axe)))?;
        let tous = |operandes: &[&Operande]| operandes.iter().try_for_each(|o| self.operande(o));
        for r in &c.identite {
            let identite = r.get_ref();
            let operandes: Vec<&Operande> = identite.parties.iter().chain([&identite.total]).collect();
            dans(r, tous(&operandes))?;
        }
        for r in &c.borne {
            let borne = r.get_ref();
            let operandes: Vec<&Operande> =
                [Some(&borne.valeur), borne.plancher.as_ref(), borne.plafond.as_ref()].into_iter().flatten().collect();
            dans(r, tous(&operandes))?;
        }
        c.ratio.iter().try_for_each(|r| dans(r, tous(&[&r.get_ref().numerateur, &r.get_ref().denominateur])))?;
        for r in &c.variation {
            let operandes: Vec<&Operande> = r.get_ref().comme.iter().chain([&r.get_ref().valeur]).collect();
            dans(r, tous(&operandes))?;
        }
        for r in &c.rangee {
            let regle = r.get_ref();
            let champs: Vec<&String> = regle.sauf.keys().chain([&regle.champ]).collect();
            dans(r, self.dans_la_liste(&regle.liste, &champs))?;
            let mut parametres = [&regle.min_parametre, &regle.max_parametre].into_iter().flatten();
            dans(r, parametres.try_for_each(|p| self.parametre_declare(p)))?;
        }
        for r in &c.produit {
            let regle = r.get_ref();
            let champs: Vec<&String> = regle.facteurs.iter().chain([&regle.champ]).collect();
            dans(r, self.dans_la_liste(&regle.liste, &champs))?;
            dans(r, regle.parametres.iter().try_for_each(|p| self.parametre_declare(p)))?;
        }
        c.cumul.iter().try_for_each(|r| {
            let regle = r.get_ref();
            let champs: Vec<&String> = regle.si.keys().chain(&regle.champ).collect();
            dans(r, self.dans_la_liste(&regle.liste, &champs).and_then(|()| self.operande(&regle.total)))
        })
    }
}
