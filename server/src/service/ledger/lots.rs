//! Lists of lots.

use super::Reader;
use tokenscope::fault::Fault;
use tokenscope::report::{LotLine, LotList};
use tokenscope::service::LotQuestion;

/// One page of the lots of the teams that the caller may see, by team and id.
pub(super) async fn list(
    mut reader: Reader<'_>,
    question: LotQuestion<'_>,
) -> Result<LotList, Fault> {
    let seen = reader.seen(question.seen)?;
    let mut teams: Vec<_> =
        reader.teams(question.team)?.into_iter().map(|team| (reader.slug(team), team)).collect();
    teams.sort_unstable();
    // The books of a team that stands before the page are not asked for.
    let (after_team, after_lot) = question.after.unwrap_or_default();
    teams.retain(|(slug, _)| slug.as_str() >= after_team);
    let limit = usize::from(question.limit);
    let mut lots: Vec<LotLine> = Vec::new();
    for (slug, team) in teams {
        if lots.len() > limit {
            break;
        }
        let (state, facts) = reader.books(team, seen).await?;
        let mut own = LotLine::of(&slug, &state, |lot| facts.is_moved_in(lot));
        own.sort_by(|a, b| a.id.as_bytes().cmp(b.id.as_bytes()));
        lots.extend(
            own.into_iter().filter(|lot| slug != after_team || lot.id.as_str() > after_lot),
        );
    }
    let more = lots.len() > limit;
    lots.truncate(limit);
    Ok(LotList { seen, lots, more })
}
