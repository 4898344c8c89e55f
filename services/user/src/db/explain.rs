//! Plans of statements, for the tests that look whether an index is used.

use diesel::{
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::Text,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl, methods::LoadQuery};

/// A statement whose plan is asked for in place of its rows.
pub(crate) struct Explain<Q>(pub(crate) Q);

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Explain<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql("EXPLAIN ");
        self.0.walk_ast(out)
    }
}

impl<Q> QueryId for Explain<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q> Query for Explain<Q> {
    type SqlType = Text;
}

impl<Q> Explain<Q> {
    /// The plan as text.
    pub(crate) async fn plan<'a>(self, connection: &mut AsyncPgConnection) -> String
    where
        Self: LoadQuery<'a, AsyncPgConnection, String> + 'a,
    {
        let lines: Vec<String> = self.load(connection).await.unwrap();
        lines.join("\n")
    }
}
