//! What the first line is taken for.

use super::{checked, of_data, written};
use crate::topology;

#[test]
fn a_first_line_of_values_names_no_columns() {
    for data in ["5.1,3.5\n4.9,3.0\n4.7,3.2\n", "1,1,a\n4,5,b\n7,8,a\n", "39,?,x\n50,2.5,x\n38,1.5,x\n"] {
        let (text, _) = written("h.csv", data.as_bytes());
        assert!(
            text.contains("header = false") && text.contains("names = [\"c1\", \"c2\""),
            "{data}\n{text}"
        );
        assert!(text.contains("first 3 records"), "{text}");
    }
    for data in ["country,2019,2020\nA,1,2\nB,3,5\n", "a,b\n1,2\n", "a,b\na,b\n"] {
        let (text, _) = written("h.csv", data.as_bytes());
        assert!(!text.contains("header = false"), "{data}\n{text}");
    }
}

#[test]
fn numbers_alone_may_name_columns() {
    for data in [
        "2019,2020,2021\n17,4,9\n3,8,30\n",
        "0,1,2,3\n5.1,3.5,1.4,0.2\n4.9,3.0,1.3,0.1\n",
        "10,20\n0.7,1.5\n0.2,0.9\n",
        "0.5,0.9\n7,8\n9,3\n",
    ] {
        let (text, _) = written("h.csv", data.as_bytes());
        assert!(
            text.contains("header = true") && text.contains("seems to be names; if it is a record"),
            "{text}"
        );
        assert!(!text.contains("names = [\"c1"), "{data}\n{text}");
    }
    // What can't be known is said, with what to do.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("h.csv");
    for data in ["1,2,3\n4,5,6\n7,8,9\n", "2019,2020\n17,4\n3,8\n", "5,3\n4.9,3.1\n4.7,3.2\n"] {
        std::fs::write(&file, data).unwrap();
        let text = of_data(&file).unwrap_or_else(|e| panic!("{}", e.sentence));
        assert!(text.contains("header = false") && text.contains("a record; true, if it is names"), "{text}");
        checked(&text);
        let toml = folder.path().join("t.toml");
        std::fs::write(&toml, text.replace("header = false", "header = true")).unwrap();
        assert!(topology::load(&toml, &[]).is_ok(), "what it says to do is sound: {text}");
    }
}
