//! `ListLiveMessageApps`.
//!
//! The token counts applications by age: applications of this generation are never deleted, so the oldest *n* are the
//! same ones at every call, and a walk in either direction neither repeats nor skips one, whatever is made meanwhile.
//! Going up, the token is how many have been told; going down, how many older ones are left.

use muster_core::{
    group::{Order, Window},
    service::{AppRules, KnownApp},
};

use super::{SortType, after, msg_life_cycle, scope, spec};
use crate::{app_sign::app_sign, prelude::*};

/// Applications to a page. The documentation names no number.
const PAGE: u64 = 50;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The order by time of creation: 1 ascending, 2 descending.
    sort_type: SortType,
    /// Where to go on; empty or -1 for the first page.
    next_page_token: Option<super::Token>,
    /// The data center whose applications are listed, Shanghai when not said.
    #[serde(default)]
    data_center: DataCenter,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    /// Whether there are more.
    has_more: bool,
    /// Where to go on, only when there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<i64>,
    /// The applications.
    app_list: Vec<AppRow>,
}

/// An application.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct AppRow {
    /// The application.
    app_id: AppId,
    /// The key that login tokens are made with. A secret.
    app_key: String,
    /// Its name, empty when it has none.
    app_name: String,
    /// The text that client SDKs are initialised with.
    app_sign: String,
    /// Whether it is disabled, as the text `true` or `false`.
    disable: &'static str,
    /// When it was made, in seconds.
    create_time: i64,
    /// When it was last changed, in seconds.
    modify_time: i64,
    /// Its data center.
    data_center: DataCenter,
    /// How long messages are kept: 0 for 30 days, 1 for 90 days, 2 for 180 days.
    msg_life_cycle: i32,
}

pub(crate) struct ListLiveMessageApps;

impl Operation for ListLiveMessageApps {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec = spec(
        "ListLiveMessageApps",
        "Lists the account's applications.",
        "查询账号下的应用列表。",
        Level::List,
    )
    .example(&[("SortType", "1")])
    .resources(&["*"])
    .notes(&[
        "A page holds at most 50 applications.",
        "Disable is a text here, and a boolean in the other operations.",
    ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let apps = call.state.muster.apps();
        let account = wire::account(call)?;
        let scope = scope(&account, request.data_center);
        let order = Order::from(request.sort_type);
        let step = Step::of(order, after(request.next_page_token).map(wire::count));
        let page = apps.list(scope, step.order, step.window).await?;
        let mut found = page.entries;
        if step.reversed {
            found.reverse();
        }
        let token = step.token(found.len(), page.total);
        let sign = |app: &AppId| app_sign(app, call.state.endpoints.http.as_deref());
        let rows = found.into_iter().map(|app| row(apps, sign(&app.id), app)).collect::<Result<_, _>>()?;
        Ok(Response { has_more: token.is_some(), next_page_token: token.map(wire::long), app_list: rows })
    }
}

fn row(apps: AppRules<'_>, app_sign: String, app: KnownApp) -> Result<AppRow> {
    let app_key = apps.key(&app)?;
    let app = app.into_app();
    Ok(AppRow {
        app_key,
        app_sign,
        app_name: app.name.unwrap_or_default(),
        disable: if app.disabled { "true" } else { "false" },
        create_time: app.created_at.seconds(),
        modify_time: app.modified_at.seconds(),
        data_center: app.data_center,
        msg_life_cycle: msg_life_cycle(app.retention),
        app_id: app.id,
    })
}

/// One step of a walk: what to read, and whether it was read backwards.
struct Step {
    order: Order,
    window: Window,
    reversed: bool,
}

impl Step {
    fn of(order: Order, token: Option<u64>) -> Self {
        let size = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        match (order, token) {
            // The first page down is counted from the newest; further ones from the oldest, so that they stay put.
            (Order::Descending, Some(left)) => {
                let skip = left.saturating_sub(PAGE);
                let window = Window { skip, limit: size(left - skip) };
                Self { order: Order::Ascending, window, reversed: true }
            }
            (order, token) => {
                let window = Window { skip: token.unwrap_or(0), limit: size(PAGE) };
                Self { order, window, reversed: false }
            }
        }
    }

    /// Where the walk goes on after `told` of `total` applications, if it does.
    fn token(&self, told: usize, total: u64) -> Option<u64> {
        let told = told as u64;
        match (self.order, self.reversed) {
            (_, true) => (self.window.skip > 0).then_some(self.window.skip),
            (Order::Ascending, false) => {
                Some(self.window.skip + told).filter(|&seen| seen < total && told > 0)
            }
            (Order::Descending, false) => {
                Some(total.saturating_sub(told)).filter(|&left| left > 0 && told > 0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the store answers for `total` applications named by their age.
    fn read(step: &Step, total: u64) -> Vec<u64> {
        let mut all: Vec<u64> = (0..total).collect();
        if step.order == Order::Descending {
            all.reverse();
        }
        let skip = usize::try_from(step.window.skip).unwrap();
        let mut page: Vec<u64> = all.into_iter().skip(skip).take(step.window.limit).collect();
        if step.reversed {
            page.reverse();
        }
        page
    }

    fn walk(order: Order, mut total: u64, made_between: u64) -> Vec<u64> {
        let (mut token, mut seen) = (None, Vec::new());
        loop {
            let step = Step::of(order, token);
            let page = read(&step, total);
            token = step.token(page.len(), total);
            seen.extend(page);
            if token.is_none() {
                return seen;
            }
            total += made_between;
        }
    }

    #[test]
    fn a_walk_tells_every_application_once_in_both_directions() {
        for total in [0, 1, 49, 50, 51, 100, 149, 300] {
            let up: Vec<u64> = (0..total).collect();
            let down: Vec<u64> = (0..total).rev().collect();
            assert_eq!(walk(Order::Ascending, total, 0), up);
            assert_eq!(walk(Order::Descending, total, 0), down);
            assert_eq!(walk(Order::Descending, total, 3), down, "newer ones do not move a walk down");
            assert!(walk(Order::Ascending, total, 3).starts_with(&up), "newer ones come last in a walk up");
        }
    }

    #[test]
    fn a_token_beyond_the_end_ends_the_walk() {
        let step = Step::of(Order::Ascending, Some(1000));
        assert_eq!(step.token(read(&step, 10).len(), 10), None);
    }
}
