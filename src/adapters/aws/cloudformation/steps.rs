//! What happens to an account after its blueprint: tags, a budget, `DevOps` Guru, alternate
//! contacts. Each can run any number of times. Knows nothing of each other's outcome.

use std::collections::BTreeMap;

use aws_sdk_account::types::AlternateContactType;
use aws_sdk_budgets::operation::create_budget::CreateBudgetError;
use aws_sdk_budgets::types as budgets;
use aws_sdk_devopsguru::operation::get_resource_collection::GetResourceCollectionError;
use aws_sdk_devopsguru::types as guru;
use aws_sdk_organizations::types::Tag;

use super::access::{Access, Inside};
use super::stack::REQUEST_TAG;
use super::trouble;
use crate::domain::blueprint::Blueprint;
use crate::ports::blueprints::{DeployError, StackOrder};

/// The budget's name in every account.
const BUDGET: &str = "vend-monthly";
/// `DevOps` Guru's word for every stack of the region
/// (<https://docs.aws.amazon.com/devops-guru/latest/APIReference/API_UpdateCloudFormationCollectionFilter.html>).
const ALL_STACKS: &str = "*";

/// A monthly budget and who hears of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// US dollars a month.
    pub usd: u32,
    /// Who is written to at 80 % and 100 %, and when 100 % is foreseen; at most ten.
    pub alert_emails: Vec<String>,
}

/// Whom AWS turns to about an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// `billing`, `operations` or `security`.
    pub kind: String,
    /// Their name.
    pub name: String,
    /// What they are.
    pub title: String,
    /// Their address.
    pub email: String,
    /// Their telephone number.
    pub phone: String,
}

/// One thing that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PostStep {
    /// Tags on the account, through Organizations.
    Tags,
    /// A budget in the account.
    Budget(Budget),
    /// `DevOps` Guru watches all stacks of the account and region.
    DevopsGuru,
    /// The account's alternate contacts.
    AlternateContacts(Vec<Contact>),
}

impl PostStep {
    const fn name(&self) -> &'static str {
        match self {
            Self::Tags => "tags",
            Self::Budget(_) => "budget",
            Self::DevopsGuru => "devops-guru",
            Self::AlternateContacts(_) => "alternate-contacts",
        }
    }
}

/// What is done, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostSteps(pub Vec<PostStep>);

impl PostSteps {
    pub(super) fn names(&self) -> Vec<String> {
        self.0.iter().map(|step| step.name().to_owned()).collect()
    }

    pub(super) fn find(&self, name: &str) -> Option<&PostStep> {
        self.0.iter().find(|step| step.name() == name)
    }
}

/// The tags of the blueprint's stack, which `CloudFormation` puts on what it creates.
pub(super) fn stack_tags(order: &StackOrder, blueprint: &Blueprint) -> BTreeMap<String, String> {
    let mut tags = account_tags(order);
    tags.insert("owner".to_owned(), blueprint.owner.clone());
    tags.insert("vend:blueprint".to_owned(), format!("{} {}", blueprint.id, blueprint.version));
    tags
}

/// What is known of the account and no secret. The requester's own come first; ours cannot be given by them.
fn account_tags(order: &StackOrder) -> BTreeMap<String, String> {
    let mut tags = order.spec.tags.clone();
    if let Some(cost_centre) = &order.spec.cost_centre {
        tags.insert("cost-centre".to_owned(), cost_centre.clone());
    }
    tags.insert("vend:account-type".to_owned(), order.spec.account_type.word().to_owned());
    tags.insert(REQUEST_TAG.to_owned(), order.request.to_string());
    tags
}

/// Runs one step.
pub(super) async fn run(step: &PostStep, order: &StackOrder, access: &Access, region: &str) -> Result<(), DeployError> {
    let session = order.request.role_session_name();
    let inside = || access.enter(&order.account_id, region, &session);
    match step {
        PostStep::Tags => tags(order, access).await,
        PostStep::Budget(budget) => set_budget(budget, &inside().await?).await,
        PostStep::DevopsGuru => enrol(&inside().await?).await,
        PostStep::AlternateContacts(contacts) => set_contacts(contacts, &inside().await?).await,
    }
}

async fn tags(order: &StackOrder, access: &Access) -> Result<(), DeployError> {
    let organizations = aws_sdk_organizations::Client::new(access.management().sdk());
    let mut tags = Vec::new();
    for (key, value) in account_tags(order) {
        let tag = Tag::builder().key(key).value(value).build();
        tags.push(tag.map_err(|error| DeployError::Refused(error.to_string()))?);
    }
    let call = organizations.tag_resource().resource_id(&order.account_id).set_tags(Some(tags));
    call.send().await.map(|_| ()).map_err(|error| trouble::meaning(&error))
}

async fn set_budget(budget: &Budget, inside: &Inside) -> Result<(), DeployError> {
    let client = aws_sdk_budgets::Client::new(inside.connection.sdk());
    let unbuildable = |error: aws_smithy_types::error::operation::BuildError| DeployError::Refused(error.to_string());
    let limit = budgets::Spend::builder().amount(budget.usd.to_string()).unit("USD").build().map_err(unbuildable)?;
    let wanted = budgets::Budget::builder()
        .budget_name(BUDGET)
        .budget_type(budgets::BudgetType::Cost)
        .time_unit(budgets::TimeUnit::Monthly)
        .budget_limit(limit)
        .build()
        .map_err(unbuildable)?;
    let mut call = client.create_budget().account_id(&inside.account_id).budget(wanted.clone());
    for (kind, percent) in [
        (budgets::NotificationType::Actual, 80.0),
        (budgets::NotificationType::Actual, 100.0),
        (budgets::NotificationType::Forecasted, 100.0),
    ] {
        if !budget.alert_emails.is_empty() {
            call = call.notifications_with_subscribers(alert(kind, percent, budget).map_err(unbuildable)?);
        }
    }
    match call.send().await {
        Ok(_) => Ok(()),
        Err(error) if error.as_service_error().is_some_and(CreateBudgetError::is_duplicate_record_exception) => {
            let again = client.update_budget().account_id(&inside.account_id).new_budget(wanted);
            again.send().await.map(|_| ()).map_err(|error| trouble::meaning(&error))
        }
        Err(error) => Err(trouble::meaning(&error)),
    }
}

fn alert(
    kind: budgets::NotificationType,
    percent: f64,
    budget: &Budget,
) -> Result<budgets::NotificationWithSubscribers, aws_smithy_types::error::operation::BuildError> {
    let notification = budgets::Notification::builder()
        .notification_type(kind)
        .comparison_operator(budgets::ComparisonOperator::GreaterThan)
        .threshold(percent)
        .threshold_type(budgets::ThresholdType::Percentage)
        .build()?;
    let mut alert = budgets::NotificationWithSubscribers::builder().notification(notification);
    for email in &budget.alert_emails {
        let to = budgets::Subscriber::builder().subscription_type(budgets::SubscriptionType::Email).address(email);
        alert = alert.subscribers(to.build()?);
    }
    alert.build()
}

async fn enrol(inside: &Inside) -> Result<(), DeployError> {
    let client = aws_sdk_devopsguru::Client::new(inside.connection.sdk());
    let kind = guru::ResourceCollectionType::AwsCloudFormation;
    let watched = match client.get_resource_collection().resource_collection_type(kind).send().await {
        Ok(answer) => answer
            .resource_collection()
            .and_then(|c| c.cloud_formation())
            .is_some_and(|filter| filter.stack_names().iter().any(|name| name == ALL_STACKS)),
        Err(error)
            if error.as_service_error().is_some_and(GetResourceCollectionError::is_resource_not_found_exception) =>
        {
            false
        }
        Err(error) => return Err(trouble::meaning(&error)),
    };
    if watched {
        return Ok(());
    }
    let filter = guru::UpdateCloudFormationCollectionFilter::builder().stack_names(ALL_STACKS).build();
    let filter = guru::UpdateResourceCollectionFilter::builder().cloud_formation(filter).build();
    let call = client.update_resource_collection().action(guru::UpdateResourceCollectionAction::Add);
    call.resource_collection(filter).send().await.map(|_| ()).map_err(|error| trouble::meaning(&error))
}

async fn set_contacts(contacts: &[Contact], inside: &Inside) -> Result<(), DeployError> {
    let client = aws_sdk_account::Client::new(inside.connection.sdk());
    for contact in contacts {
        let kind = AlternateContactType::from(contact.kind.to_ascii_uppercase().as_str());
        let call = client.put_alternate_contact().alternate_contact_type(kind);
        let call = call.name(&contact.name).title(&contact.title);
        let call = call.email_address(&contact.email).phone_number(&contact.phone);
        call.send().await.map_err(|error| trouble::meaning(&error))?;
    }
    Ok(())
}
