//! Programs that the compiler must refuse, each named for what it tries.

#[test]
fn what_must_not_compile_does_not() {
    let cases = trybuild::TestCases::new();
    // With a case that passes, trybuild builds instead of checking, and only a build evaluates the
    // const assertions that refuse types with drop.
    cases.pass("tests/compile_fail/pass/*.rs");
    cases.compile_fail("tests/compile_fail/*.rs");
    if cfg!(feature = "ecs") {
        cases.pass("tests/compile_fail/ecs_pass/*.rs");
        cases.compile_fail("tests/compile_fail/ecs/*.rs");
    }
}
