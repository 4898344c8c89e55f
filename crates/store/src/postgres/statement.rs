//! A piece of SQL with its values, prepared once per connection. (`diesel::sql_query` is prepared at each call, which costs a
//! round trip.)

use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    serialize::ToSql,
    sql_types::{HasSqlType, Untyped},
};

type Bind<'a> = Box<dyn QueryFragment<Pg> + Send + 'a>;

/// SQL with `$1`, `$2`, ... whose first uses stand in this order; a value may be used again.
pub struct Statement<'a> {
    is_explain: bool,
    sql: &'static str,
    binds: Vec<Bind<'a>>,
}

impl<'a> Statement<'a> {
    /// A statement without values yet. `sql` is part of the program and never depends on input.
    pub fn new(sql: &'static str) -> Self {
        Self {
            is_explain: false,
            sql,
            binds: Vec::new(),
        }
    }

    /// The value of the next placeholder.
    #[must_use]
    pub fn bind<T, U>(mut self, value: U) -> Self
    where
        Pg: HasSqlType<T>,
        T: Send + 'a,
        U: ToSql<T, Pg> + Send + 'a,
    {
        self.binds.push(Box::new(Value {
            value,
            sql_type: std::marker::PhantomData::<fn() -> T>,
        }));
        self
    }

    /// The same, explained instead of run.
    #[must_use]
    pub fn explain(self) -> Self {
        Self {
            is_explain: true,
            ..self
        }
    }
}

impl std::fmt::Debug for Statement<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Statement")
            .field("sql", &self.sql)
            .finish_non_exhaustive()
    }
}

impl QueryFragment<Pg> for Statement<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if self.is_explain {
            out.push_sql("EXPLAIN ");
        }
        let mut rest = self.sql;
        for (index, bind) in self.binds.iter().enumerate() {
            let placeholder = format!("${}", index + 1);
            let (before, after) = rest
                .split_once(&placeholder)
                .expect("each value has its placeholder, in order");
            out.push_sql(before);
            bind.walk_ast(out.reborrow())?;
            rest = after;
        }
        out.push_sql(rest);
        Ok(())
    }
}

impl QueryId for Statement<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement<'_> {
    type SqlType = Untyped;
}

impl<Conn> diesel::RunQueryDsl<Conn> for Statement<'_> {}

struct Value<T, U> {
    value: U,
    sql_type: std::marker::PhantomData<fn() -> T>,
}

impl<T, U> QueryFragment<Pg> for Value<T, U>
where
    Pg: HasSqlType<T>,
    U: ToSql<T, Pg>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_bind_param::<T, U>(&self.value)
    }
}
