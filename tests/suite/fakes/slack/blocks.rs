//! Block Kit as a person reads and presses it.

use serde_json::Value;

use super::Message;

/// Everything a person reads in some blocks, line by line; buttons in brackets.
pub fn words(blocks: &Value) -> String {
    let text = |value: &Value| value["text"].as_str().unwrap_or_default().to_owned();
    let join = |values: &Value, with: &str| {
        values.as_array().map(|all| all.iter().map(text).collect::<Vec<_>>().join(with)).unwrap_or_default()
    };
    let line = |block: &Value| match block["type"].as_str().unwrap_or_default() {
        "header" => format!("# {}", text(&block["text"])),
        "section" if block["fields"].is_array() => {
            let fields = block["fields"].as_array().unwrap();
            let pairs =
                fields.chunks(2).map(|pair| format!("{}: {}", text(&pair[0]).trim_matches('*'), text(&pair[1])));
            pairs.collect::<Vec<_>>().join("\n")
        }
        "section" => text(&block["text"]),
        "context" => format!("({})", join(&block["elements"], " ")),
        "actions" => {
            let labels =
                block["elements"].as_array().unwrap().iter().map(|button| format!("[{}]", text(&button["text"])));
            labels.collect::<Vec<_>>().join(" ")
        }
        "divider" => "---".to_owned(),
        other => format!("<{other}>"),
    };
    blocks.as_array().map(|all| all.iter().map(line).collect::<Vec<_>>().join("\n")).unwrap_or_default()
}

/// Action id and value of the button with this label.
pub fn button(blocks: &Value, label: &str) -> Option<(String, String)> {
    let button = labelled(blocks, label)?;
    Some((button["action_id"].as_str()?.to_owned(), button["value"].as_str()?.to_owned()))
}

impl Message {
    /// The name of the row the button with this label stands in; Slack makes one up where none was given.
    pub fn row_of(&self, label: &str) -> String {
        let blocks = self.body["blocks"].as_array().into_iter().flatten();
        let mut rows = blocks.filter(|block| block["type"] == "actions");
        let row = rows.find(|row| row["elements"].as_array().unwrap().iter().any(|b| b["text"]["text"] == label));
        row.and_then(|row| row["block_id"].as_str()).unwrap_or("b1").to_owned()
    }
}

/// The address the button with this label opens.
pub fn url(blocks: &Value, label: &str) -> Option<String> {
    labelled(blocks, label)?["url"].as_str().map(str::to_owned)
}

fn labelled<'a>(blocks: &'a Value, label: &str) -> Option<&'a Value> {
    let rows = blocks.as_array()?.iter().filter(|block| block["type"] == "actions");
    let mut buttons = rows.flat_map(|row| row["elements"].as_array().into_iter().flatten());
    buttons.find(|button| button["text"]["text"] == label)
}
