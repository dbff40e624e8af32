//! What a request may cost. The library's limits are off by default, its complexity forgets `__typename`,
//! its syntax errors echo the whole query: root fields and aliases are counted here, messages cut short.

use async_graphql::parser::types::{
    ExecutableDocument, FragmentDefinition, OperationType, Selection, SelectionSet, VariableDefinition,
};
use async_graphql::parser::{parse_query, types::DocumentOperations};
use async_graphql::{Name, Positioned, Request, Response, SchemaBuilder, Value, Variables};
use std::collections::HashMap;

use crate::configuration::Questions;

const PROFONDEUR: usize = 12;
const COMPLEXITE: usize = 6_000;
const DIRECTIVES: usize = 4;
const RECURSION: usize = 16;
const ALIAS_ET_CHAMPS_RACINES: usize = 20;
const MESSAGE: usize = 200;

/// Why a request is not executed.
#[derive(Debug, PartialEq, Eq)]
pub struct Refus {
    pub code: &'static str,
    pub message: String,
}

pub fn bornee<Q, M, S>(schema: SchemaBuilder<Q, M, S>) -> SchemaBuilder<Q, M, S> {
    schema
        .limit_depth(PROFONDEUR)
        .limit_complexity(COMPLEXITE)
        .limit_directives(DIRECTIVES)
        .limit_recursive_depth(RECURSION)
        .disable_suggestions()
}

/// `application/json`, with UTF-8 if a charset is named: a form or a plain text sent from another site is neither.
pub fn est_json(media: &str) -> bool {
    let mut parties = media.split(';').map(|p| p.trim().to_ascii_lowercase());
    parties.next().as_deref() == Some("application/json") && parties.all(|p| p == "charset=utf-8")
}

/// The parameters of a request, as GraphQL over HTTP lays them out (§5.1): one object, no batch. The
/// question is written out, or named among those stored (« documentId », appendix A).
pub fn lit(octets: &[u8], questions: &Questions, anonyme: bool) -> Result<Request, Refus> {
    use serde_json::Value as Json;
    let illisible = || Refus {
        code: "REQUETE_ILLISIBLE",
        message: "La requête doit être un objet JSON avec « query » ou « documentId », et « variables » si besoin."
            .to_owned(),
    };
    let lue: Json = serde_json::from_slice(octets).map_err(|_| illisible())?;
    let objet = lue.as_object().ok_or_else(illisible)?;
    let question = match (objet.get("query"), objet.get("documentId")) {
        (Some(Json::String(_)), None | Some(Json::Null)) if anonyme && !questions.libres => {
            return Err(Refus {
                code: "QUESTION_NON_ENREGISTREE",
                message:
                    "Sans jeton, ce hub ne répond qu’aux questions enregistrées : nommez-en une par « documentId »."
                        .to_owned(),
            });
        }
        (Some(Json::String(question)), None | Some(Json::Null)) => question,
        (None | Some(Json::Null), Some(Json::String(nom))) => questions.enregistrees.get(nom).ok_or_else(|| Refus {
            code: "QUESTION_INCONNUE",
            message: "Aucune question enregistrée ne porte ce nom.".to_owned(),
        })?,
        _ => return Err(illisible()),
    };
    let mut requete = Request::new(question);
    match objet.get("variables") {
        None | Some(Json::Null) => {}
        Some(variables @ Json::Object(_)) => {
            requete = requete.variables(Variables::from_json(variables.clone()));
        }
        Some(_) => return Err(illisible()),
    }
    match objet.get("operationName") {
        None | Some(Json::Null) => {}
        Some(Json::String(operation)) => requete = requete.operation_name(operation),
        Some(_) => return Err(illisible()),
    }
    // Read by nobody here, but a client that writes something else is mistaken about what it sends.
    match objet.get("extensions") {
        None | Some(Json::Null | Json::Object(_)) => Ok(requete),
        Some(_) => Err(illisible()),
    }
}

/// Bounds what a request asks before anything of it is executed.
pub fn analyse(requete: Request) -> Result<Request, Refus> {
    let mut requete = bornes(requete)?;
    let (operation, variables) = (requete.operation_name.clone(), requete.variables.clone());
    let document = requete.parsed_query().map_err(|e| syntaxe(&e.to_string()))?;
    if let Some(nom) = variable_manquante(document, operation.as_deref(), &variables) {
        let message = format!("La variable « ${nom} » est obligatoire.");
        return Err(Refus { code: "VARIABLE_INVALIDE", message });
    }
    Ok(requete)
}

fn syntaxe(message: &str) -> Refus {
    Refus { code: "SYNTAXE", message: premiere_ligne(message) }
}

/// The bounds that hold whatever the variables are.
pub fn bornes(mut requete: Request) -> Result<Request, Refus> {
    let refus = |code, message: &str| Refus { code, message: message.to_owned() };
    let document = parse_query(&requete.query).map_err(|e| syntaxe(&e.to_string()))?;
    let cout = Compte::du_document(&document);
    if cout.alias > ALIAS_ET_CHAMPS_RACINES || cout.racines > ALIAS_ET_CHAMPS_RACINES {
        let message = format!("La requête compte plus de {ALIAS_ET_CHAMPS_RACINES} alias ou champs racines.");
        return Err(refus("REQUETE_TROP_LARGE", &message));
    }
    requete.set_parsed_query(document);
    Ok(requete)
}

/// True when no operation of the document can act.
pub fn ne_fait_que_lire(requete: &mut Request) -> bool {
    let lecture = |d: &ExecutableDocument| d.operations.iter().all(|(_, o)| o.node.ty == OperationType::Query);
    requete.parsed_query().is_ok_and(lecture)
}

/// A variable that must have a value and has none, even where no field uses it: the library looks at those
/// that are used.
fn variable_manquante(document: &ExecutableDocument, operation: Option<&str>, variables: &Variables) -> Option<Name> {
    let operations: Vec<_> = match &document.operations {
        DocumentOperations::Single(operation) => vec![operation],
        DocumentOperations::Multiple(operations) => {
            let seule = operations.len() == 1;
            let choisie = operations.iter().filter(|(nom, _)| operation.map_or(seule, |v| v == nom.as_str()));
            choisie.map(|(_, operation)| operation).collect()
        }
    };
    let definitions = operations.iter().flat_map(|o| &o.node.variable_definitions).map(|d| &d.node);
    let manquante = |d: &&VariableDefinition| {
        let donnee = variables.get(&d.name.node);
        !d.var_type.node.nullable && d.default_value.is_none() && donnee.is_none_or(|v| *v == Value::Null)
    };
    definitions.into_iter().find(manquante).map(|d| d.name.node.clone())
}

/// The answer to a request that is not executed.
pub fn en_reponse(refus: Refus) -> Response {
    let mut erreur = async_graphql::ServerError::new(refus.message, None);
    erreur.extensions.get_or_insert_default().set("code", refus.code);
    Response::from_errors(vec![erreur])
}

/// True for an answer that has nothing executed in it: the request itself is wrong.
pub fn est_refusee(reponse: &Response) -> bool {
    reponse.data == Value::Null && !reponse.errors.is_empty() && reponse.errors.iter().all(|e| e.path.is_empty())
}

#[derive(Default)]
struct Compte {
    alias: usize,
    racines: usize,
}

impl Compte {
    fn du_document(document: &ExecutableDocument) -> Self {
        let mut compte = Self::default();
        let operations: Vec<_> = match &document.operations {
            DocumentOperations::Single(operation) => vec![operation],
            DocumentOperations::Multiple(operations) => operations.values().collect(),
        };
        for operation in operations {
            compte.alias(&operation.node.selection_set.node);
            compte.racines(&operation.node.selection_set.node, &document.fragments, 0);
        }
        for fragment in document.fragments.values() {
            compte.alias(&fragment.node.selection_set.node);
        }
        compte
    }

    fn alias(&mut self, selection: &SelectionSet) {
        for item in &selection.items {
            match &item.node {
                Selection::Field(champ) => {
                    self.alias += usize::from(champ.node.alias.is_some());
                    self.alias(&champ.node.selection_set.node);
                }
                Selection::InlineFragment(fragment) => self.alias(&fragment.node.selection_set.node),
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn racines(
        &mut self,
        selection: &SelectionSet,
        fragments: &HashMap<Name, Positioned<FragmentDefinition>>,
        niveau: usize,
    ) {
        if niveau > RECURSION || self.racines > ALIAS_ET_CHAMPS_RACINES {
            return;
        }
        for item in &selection.items {
            match &item.node {
                Selection::Field(_) => self.racines += 1,
                Selection::InlineFragment(f) => self.racines(&f.node.selection_set.node, fragments, niveau + 1),
                Selection::FragmentSpread(f) => {
                    if let Some(fragment) = fragments.get(&f.node.fragment_name.node) {
                        self.racines(&fragment.node.selection_set.node, fragments, niveau + 1);
                    }
                }
            }
        }
    }
}

/// Cuts messages short and gives every error a code.
pub fn soigne(mut reponse: Response) -> Response {
    for erreur in &mut reponse.errors {
        erreur.message = premiere_ligne(&erreur.message);
        let extensions = erreur.extensions.get_or_insert_default();
        if extensions.get("code").is_none() {
            extensions.set("code", Value::from("REQUETE_INVALIDE"));
        }
    }
    reponse
}

fn premiere_ligne(message: &str) -> String {
    let message: String = message.split_whitespace().collect::<Vec<_>>().join(" ");
    if message.chars().count() <= MESSAGE { message } else { message.chars().take(MESSAGE).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lit(octets: &[u8]) -> Result<Request, Refus> {
        super::lit(octets, &Questions::default(), true)
    }

    #[test]
    fn without_a_token_only_stored_questions_may_be_asked_where_it_is_so() {
        let une = ("une".to_owned(), "{ a }".to_owned());
        let fermees = Questions { enregistrees: [une].into(), libres: false };
        let code =
            |corps: &str, anonyme| super::lit(corps.as_bytes(), &fermees, anonyme).map(|r| r.query).map_err(|e| e.code);
        assert_eq!(code(r#"{"query":"{ b }"}"#, true), Err("QUESTION_NON_ENREGISTREE"));
        assert_eq!(code(r#"{"query":"{ b }"}"#, false).as_deref(), Ok("{ b }"));
        assert_eq!(code(r#"{"documentId":"une"}"#, true).as_deref(), Ok("{ a }"));
        assert_eq!(code(r#"{"documentId":"deux"}"#, true), Err("QUESTION_INCONNUE"));
        assert_eq!(code(r#"{"documentId":"une","query":"{ b }"}"#, false), Err("REQUETE_ILLISIBLE"));
    }

    fn requete(query: &str) -> Result<Request, Refus> {
        lit(serde_json::json!({ "query": query }).to_string().as_bytes()).and_then(analyse)
    }

    #[test]
    fn only_plain_json_is_read() {
        assert!(est_json("application/json") && est_json("Application/JSON; charset=UTF-8"));
        for autre in
            ["", "text/plain", "application/graphql", "application/json; charset=latin1", "multipart/form-data"]
        {
            assert!(!est_json(autre), "{autre}");
        }
        assert_eq!(lit(b"[{\"query\":\"{a}\"}]").unwrap_err().code, "REQUETE_ILLISIBLE");
        for faux in ["\"variables\":3", "\"operationName\":[]", "\"extensions\":\"x\""] {
            let corps = format!("{{\"query\":\"{{a}}\",{faux}}}");
            assert_eq!(lit(corps.as_bytes()).unwrap_err().code, "REQUETE_ILLISIBLE", "{faux}");
        }
    }

    #[test]
    fn a_required_variable_without_a_value_is_named() {
        let avec = |variables| {
            lit(serde_json::json!({ "query": "query A($id: ID!){ a }", "variables": variables }).to_string().as_bytes())
        };
        assert!(avec(serde_json::json!({ "id": "1" })).and_then(analyse).is_ok());
        for variables in [serde_json::json!({}), serde_json::json!({ "id": null })] {
            let refus = avec(variables).and_then(analyse).unwrap_err();
            assert!(refus.code == "VARIABLE_INVALIDE" && refus.message.contains("$id"), "{refus:?}");
        }
    }

    #[test]
    fn aliases_and_root_fields_are_counted_through_fragments() {
        let racines = |n: usize| (0..n).map(|i| format!("f{i}")).collect::<Vec<_>>().join(" ");
        assert!(requete(&format!("{{ {} }}", racines(20))).is_ok());
        assert_eq!(requete(&format!("{{ {} }}", racines(21))).unwrap_err().code, "REQUETE_TROP_LARGE");
        let cache = format!(
            "query {{ ...F ... on Requete {{ {} }} }} fragment F on Requete {{ {} }}",
            racines(11),
            racines(11)
        );
        assert_eq!(requete(&cache).unwrap_err().code, "REQUETE_TROP_LARGE");
        let alias = (0..21).map(|i| format!("a{i}: __typename")).collect::<Vec<_>>().join(" ");
        assert_eq!(requete(&format!("{{ f {{ {alias} }} }}")).unwrap_err().code, "REQUETE_TROP_LARGE");
        let boucle = "query { ...A } fragment A on Requete { ...A }";
        assert!(requete(boucle).is_ok(), "left to the validation of the library, which refuses cycles");
    }

    #[test]
    fn a_syntax_error_does_not_echo_the_query() {
        let longue = format!("{{ {} ", "x".repeat(20_000));
        assert!(requete(&longue).unwrap_err().message.chars().count() <= MESSAGE + 1);
    }
}
