//! Whether each role may do what vend does as it. IAM's own simulator is asked, which
//! does nothing; where we may not ask it, the other checks' look-ups stand for the
//! reading half, and the line says so.

use std::collections::BTreeMap;

use aws_sdk_iam::Client;
use aws_sdk_iam::types::PolicyEvaluationDecisionType as Decision;

use super::aws::Blocked;
use super::finding::Finding;
use super::identity;
use super::surroundings::Surroundings;
use crate::adapters::aws::connection::Connection;
use crate::adapters::aws::permissions::{Need, Place, Side, needs};

pub(super) async fn own(place: &Surroundings<'_>) -> Vec<Finding> {
    vec![check("permissions", place, &place.own, Side::Own).await]
}

pub(super) async fn management(place: &Surroundings<'_>) -> Vec<Finding> {
    vec![check("management permissions", place, &place.management, Side::Management).await]
}

async fn check(check: &'static str, place: &Surroundings<'_>, connection: &Connection, side: Side) -> Finding {
    let caller = match identity::caller(connection).await {
        Ok(caller) => caller,
        Err(blocked) => return Finding::unseen(check, blocked.words(), "see the line about who we are"),
    };
    let Some(principal) = principal(&caller.arn) else {
        return Finding::unseen(
            check,
            format!("{} is no role or user of IAM", caller.arn),
            "run this as the role vend runs as",
        );
    };
    let at = Place { region: connection.region().unwrap_or_default(), account: &caller.account };
    let sides =
        if side == Side::Own && !place.has_management_role() { vec![Side::Own, Side::Management] } else { vec![side] };
    let wanted: Vec<Need> = needs(place.config, &at).into_iter().filter(|need| sides.contains(&need.side)).collect();
    judge(check, wanted.len(), simulate(connection, &principal, wanted).await)
}

/// The actions that are not allowed, each with its resource.
async fn simulate(connection: &Connection, principal: &str, wanted: Vec<Need>) -> Result<Vec<String>, Blocked> {
    let client = Client::new(connection.sdk());
    let mut by_resource: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for need in wanted {
        by_resource.entry(need.resource).or_default().push(need.action);
    }
    let asked = by_resource.into_iter().map(|(resource, actions)| {
        let call = client.simulate_principal_policy().policy_source_arn(principal).set_action_names(Some(actions));
        let call = if resource == "*" { call } else { call.resource_arns(&resource) };
        async move {
            let answer = call.max_items(100).send().await.map_err(|error| Blocked::by(&error))?;
            let refused = answer.evaluation_results.unwrap_or_default().into_iter();
            let refused = refused.filter(|result| result.eval_decision != Decision::Allowed);
            let told = |action: String| if resource == "*" { action } else { format!("{action} on {resource}") };
            Ok::<Vec<String>, Blocked>(refused.map(|result| told(result.eval_action_name)).collect())
        }
    });
    Ok(futures::future::try_join_all(asked).await?.concat())
}

fn judge(check: &'static str, asked: usize, refused: Result<Vec<String>, Blocked>) -> Finding {
    match refused {
        Ok(refused) if refused.is_empty() => Finding::well(check, format!("all {asked} actions are allowed")),
        Ok(refused) => {
            let fix = "add them to the role's policy: deploy/roles.yaml has it whole";
            Finding::ill(check, format!("not allowed: {}", refused.join(", ")), fix)
        }
        Err(Blocked::Denied) => Finding::unseen(
            check,
            "this role may not ask IAM's simulator; the other lines tell only what can be read",
            "allow iam:SimulatePrincipalPolicy on the role itself, or run this as an administrator of it",
        ),
        Err(other) => Finding::unseen(check, other.words(), other.cure("iam:SimulatePrincipalPolicy")),
    }
}

/// The role or user behind a caller's ARN: sessions of a role have ARNs of their own.
fn principal(arn: &str) -> Option<String> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, partition, service, _, account, name] = parts[..] else { return None };
    match (service, name.split_once('/')) {
        ("iam", Some(("user" | "role", _))) => Some(arn.to_owned()),
        ("sts", Some(("assumed-role", session))) => {
            let role = session.split('/').next()?;
            Some(format!("arn:{partition}:iam::{account}:role/{role}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_role_behind_a_session_is_known() {
        let of = |arn: &str| principal(arn);
        let role = "arn:aws-cn:iam::111122223333:role/vend-worker";
        assert_eq!(of("arn:aws-cn:sts::111122223333:assumed-role/vend-worker/i-0123").as_deref(), Some(role));
        assert_eq!(of(role).as_deref(), Some(role));
        assert_eq!(of("arn:aws:iam::111122223333:root"), None);
        assert_eq!(of("arn:aws:sts::111122223333:federated-user/bob"), None);
    }
}
