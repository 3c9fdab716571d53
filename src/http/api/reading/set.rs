//! The `account_set` of a body: every field by its whole path, unknown ones included.

use serde_json::Value;

use super::Fields;
use crate::domain::set::StageName;
use crate::domain::set::draft::{PipelineDraft, SetDraft, StageDraft};
use crate::domain::spec::Draft;

/// Reads the set, with what `draft` says for all its accounts.
pub(super) fn read(fields: &mut Fields, draft: &Draft) -> Option<SetDraft> {
    let object = match fields.take("account_set") {
        Value::Null => return None,
        Value::Object(object) => object,
        _ => {
            fields.fail("account_set", "Give an object with the set's `name`, `pipeline` and more.");
            return None;
        }
    };
    not_for_a_set(fields, draft);
    let mut set = Fields::new(object, "account_set.");
    let read = SetDraft {
        name: set.text("name"),
        pipeline: pipeline(&mut set),
        default_region: set.text("default_region"),
        root_email: set.text("root_email"),
        organizational_unit: set.text("organizational_unit"),
        blueprint: set.text("blueprint"),
        execution_policy: set.text("execution_policy"),
        stages: stages(&mut set),
        purpose: draft.purpose.clone(),
        cost_centre: draft.cost_centre.clone(),
        tags: draft.tags.clone(),
    };
    fields.faults.0.extend(set.end().0);
    Some(read)
}

/// What tells of one account is told of each account of a set, or of the set.
fn not_for_a_set(fields: &mut Fields, draft: &Draft) {
    let given = [
        ("account_type", draft.account_type.is_some()),
        ("root_email", draft.root_email.is_some()),
        ("organizational_unit", draft.organizational_unit.is_some()),
        ("account_name", draft.account_name.is_some()),
        ("blueprint", draft.blueprint.is_some()),
        ("blueprint_parameters", !draft.blueprint_parameters.is_empty()),
    ];
    for (name, _) in given.into_iter().filter(|(_, given)| *given) {
        fields.fail(name, "This is for one account: leave it out, or say it within `account_set`.");
    }
}

fn pipeline(set: &mut Fields) -> PipelineDraft {
    let Some(mut fields) = object(set, "pipeline", "account_set.pipeline.") else { return PipelineDraft::default() };
    let pipeline = PipelineDraft {
        account: fields.text("account"),
        region: fields.text("region"),
        execution_policy: fields.text("execution_policy"),
    };
    set.faults.0.extend(fields.end().0);
    pipeline
}

fn stages(set: &mut Fields) -> std::collections::BTreeMap<String, StageDraft> {
    let Some(mut fields) = object(set, "stages", "account_set.stages.") else { return [].into() };
    let mut stages = std::collections::BTreeMap::new();
    for stage in StageName::ALL {
        let prefix = match stage {
            StageName::Dev => "account_set.stages.dev.",
            StageName::Preprod => "account_set.stages.preprod.",
            StageName::Prod => "account_set.stages.prod.",
        };
        let Some(mut own) = object(&mut fields, stage.word(), prefix) else { continue };
        let draft = StageDraft {
            root_email: own.text("root_email"),
            organizational_unit: own.text("organizational_unit"),
            region: own.text("region"),
            account_name: own.text("account_name"),
            blueprint: own.text("blueprint"),
            blueprint_parameters: own.texts("blueprint_parameters"),
            execution_policy: own.text("execution_policy"),
        };
        fields.faults.0.extend(own.end().0);
        stages.insert(stage.word().to_owned(), draft);
    }
    set.faults.0.extend(fields.end().0);
    stages
}

fn object(fields: &mut Fields, name: &'static str, prefix: &'static str) -> Option<Fields> {
    match fields.take(name) {
        Value::Null => None,
        Value::Object(object) => Some(Fields::new(object, prefix)),
        _ => {
            fields.fail(name, "Give an object.");
            None
        }
    }
}
