use uuid::Uuid;

use super::{Rule, rule};

#[test]
fn an_address_opens_an_account_only_where_both_sides_have_proven_it() {
    let owner = Uuid::from_u128(1);
    assert_eq!(rule(true, Some(owner)), Rule::LinkTo(owner));
    assert_eq!(rule(false, Some(owner)), Rule::LinkRequired);
    assert_eq!(rule(true, None), Rule::Create { proven: true });
    assert_eq!(rule(false, None), Rule::Create { proven: false });
}
