//! What can be done, and is likely not meant: `check` warns of it, with its place.

use super::code_and_words;
use crate::run::Sandbox;

/// What `check` says on standard error of a step between a shop and nowhere.
fn warnings(step: &str) -> String {
    let room = Sandbox::new();
    room.write(
        "t.toml",
        &format!(
            "name = \"t\"\n[[stage]]\nname = \"in\"\noperator = \"shop\"\n[[stage]]\nname = \"mid\"\nfrom = \"in\"\n\
             {step}\n[[stage]]\nname = \"out\"\nfrom = \"mid\"\noperator = \"null\"\n"
        ),
    );
    let (code, words) = code_and_words(&room.sluicebox(&["check", "t.toml"]));
    assert_eq!(code, Some(0), "{words}");
    words
}

#[test]
fn a_comparison_with_null_is_told_with_its_place() {
    for step in [
        "operator = \"filter\"\nwhere = \"sku = NULL\"",
        "operator = \"derive\"\nfields = { x = \"CASE WHEN quantity <> NULL THEN 1 END\" }",
        "operator = \"route\"\nroutes = { big = \"unit_price > NULL\" }",
    ] {
        let told = warnings(step);
        assert!(told.contains("warning: stage \"mid\": "), "{told}");
        assert!(
            told.contains(": a comparison with NULL is never true (write x IS NULL, or x IS NOT NULL)"),
            "{told}"
        );
    }
    assert_eq!(warnings("operator = \"filter\"\nwhere = \"sku IS NULL\""), "");
}

#[test]
fn kmeans_tells_which_columns_it_takes_and_which_of_them_are_ids() {
    let told = warnings("operator = \"kmeans\"\nk = 2");
    let words = "kmeans: without \"features\" all numeric columns are taken: order_id, customer_id, quantity, \
                 unit_price, among them order_id and customer_id, by the name no measure (say features = [\"…\"])";
    assert!(told.contains(words), "{told}");
    let measures = "steps = [{ operator = \"select\", drop = [\"order_id\", \"customer_id\"] },\n\
                    { operator = \"kmeans\", k = 2, per = \"country\" }]";
    let told = warnings(measures);
    assert!(told.contains("are taken: quantity, unit_price (say features"), "{told}");
    assert_eq!(
        warnings("operator = \"kmeans\"\nk = 2\nfeatures = [\"order_id\"]"),
        "",
        "who names one means it"
    );
}

#[test]
fn one_model_for_each_worker_is_told_of_every_operator_that_remembers() {
    let standardize = "operator = \"standardize\"\nfields = [\"quantity\"]";
    let kmeans = "operator = \"kmeans\"\nk = 2\nfeatures = [\"quantity\"]";
    for operator in [standardize, kmeans] {
        let several = format!("workers = 3\nby = \"country\"\n{operator}");
        let told = warnings(&several);
        assert!(told.contains("keeps one model for each worker, not for each country"), "{told}");
        assert!(told.contains("(per = \"country\" keeps one for each)"), "{told}");
        assert_eq!(
            warnings(&format!("{several}\nper = \"country\"")),
            "",
            "results depend on no worker then"
        );
        assert_eq!(warnings(operator), "", "one worker has one");
    }
}
