//! Lists of teams, APIs and prices.

use super::{Service, fault};
use crate::store::books::{self, RateRow};
use crate::store::db::DbError;
use async_trait::async_trait;
use tokenscope::fault::{Fault, Needs};
use tokenscope::id::{ApiId, VariantId};
use tokenscope::permission::{Action, Reach, Scope};
use tokenscope::rate::Rounding;
use tokenscope::service::{ApiListing, Caller, Catalogue, RateListing, TeamListing};
use tokenscope::time::Instant;
use tokenscope::tokens::{Quantity, Tokens};

#[async_trait]
impl Catalogue for Service {
    async fn teams(
        &self,
        caller: &Caller,
        after: Option<&str>,
        limit: u16,
    ) -> Result<(Vec<TeamListing>, bool), Fault> {
        may_read(caller)?;
        let mut tx = self.read().await?;
        let book = self.book(&mut tx, caller.org).await?;
        let sees = |id| caller.roles.reach_in(Action::SeeUsage, id) >= Reach::TeamTotals;
        let seen = book.teams.iter().filter(|(id, team)| !is_pool(&team.slug) && sees(**id));
        let mut teams: Vec<TeamListing> = seen
            .map(|(id, team)| TeamListing {
                slug: team.slug.clone(),
                name: team.name.clone(),
                trial_until: book.trial(*id),
            })
            .collect();
        teams.sort_by(|a, b| a.slug.cmp(&b.slug));
        Ok(page(teams, limit, |team| after.is_none_or(|after| team.slug.as_str() > after)))
    }

    async fn apis(
        &self,
        caller: &Caller,
        after: Option<&str>,
        limit: u16,
    ) -> Result<(Vec<ApiListing>, bool), Fault> {
        may_read_catalogue(caller)?;
        let mut tx = self.read().await?;
        let book = self.book(&mut tx, caller.org).await?;
        let variants = |api: ApiId| {
            let of_api = book.variants.values().filter(move |variant| variant.api == api);
            let mut codes: Vec<String> = of_api.map(|variant| variant.code.clone()).collect();
            codes.sort_unstable();
            codes
        };
        let listing = |api: &tokenscope::catalog::Api| ApiListing {
            code: api.code.clone(),
            name: api.name.clone(),
            unit: api.unit.clone(),
            listed: api.listed,
            variants: variants(api.id),
        };
        let mut apis: Vec<ApiListing> = book.apis.values().map(listing).collect();
        apis.sort_by(|a, b| a.code.cmp(&b.code));
        Ok(page(apis, limit, |api| after.is_none_or(|after| api.code.as_str() > after)))
    }

    async fn rates(
        &self,
        caller: &Caller,
        after: Option<&str>,
        limit: u16,
    ) -> Result<(Vec<RateListing>, bool), Fault> {
        may_read_catalogue(caller)?;
        let after = after.map(place_of).transpose()?;
        let mut tx = self.read().await?;
        let book = self.book(&mut tx, caller.org).await?;
        let rows = books::rules(&mut tx, caller.org).await.map_err(fault::of)?.rates;
        let listing = |row: RateRow| {
            let damaged = || DbError::Damaged("a rate of nothing".into());
            let api = book.apis.get(&ApiId(row.api_id)).ok_or_else(damaged)?;
            let variant = book.variants.get(&VariantId(row.variant_id));
            Ok(RateListing {
                api: api.code.clone(),
                variant: variant.map(|variant| variant.code.clone()),
                from: Instant::from_micros(row.from_at),
                tokens: Tokens::from_micro(row.tokens),
                per: Quantity::from_micro(row.per),
                rounding: Rounding::from_code(&row.rounding).ok_or_else(damaged)?,
                charge_failed: row.charge_failed != 0,
            })
        };
        let rates: Result<Vec<RateListing>, DbError> = rows.into_iter().map(listing).collect();
        let mut rates = rates.map_err(fault::of)?;
        rates.sort_by_key(place);
        Ok(page(rates, limit, |rate| after.as_ref().is_none_or(|after| place(rate) > *after)))
    }
}

/// The pool of one owner carries his name.
fn is_pool(slug: &str) -> bool {
    slug.starts_with('~')
}

fn may_read(caller: &Caller) -> Result<(), Fault> {
    if caller.has_scope(Scope::Read) {
        return Ok(());
    }
    Err(Fault::Forbidden { needs: Needs::Scope(Scope::Read) })
}

fn may_read_catalogue(caller: &Caller) -> Result<(), Fault> {
    if !caller.roles.everywhere(Action::ReadAdmin) {
        return Err(Fault::Forbidden { needs: Needs::Manager });
    }
    may_read(caller)
}

/// Where a rate stands in the list.
type Place = (String, String, Instant);

fn place(rate: &RateListing) -> Place {
    (rate.api.clone(), rate.variant.clone().unwrap_or_default(), rate.from)
}

fn place_of(cursor: &str) -> Result<Place, Fault> {
    let mut parts = cursor.splitn(3, ',');
    let mut next = || parts.next().map(ToOwned::to_owned);
    let parts = next().zip(next()).zip(next());
    let place = parts.and_then(|((api, variant), from)| Some((api, variant, from.parse().ok()?)));
    place.ok_or_else(|| Fault::field("after", "must be the `next` of an earlier answer"))
}

fn page<T>(all: Vec<T>, limit: u16, follows: impl Fn(&T) -> bool) -> (Vec<T>, bool) {
    let mut rest = all.into_iter().filter(follows);
    let page: Vec<T> = rest.by_ref().take(usize::from(limit)).collect();
    (page, rest.next().is_some())
}
