//! `Levels`: what each of the tests of passing must bring its p-value under.

/// A test of passing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Test {
    T,
    Bootstrap,
    WorstTwice,
}

impl Test {
    pub(super) const ALL: [Test; 3] = [Test::T, Test::Bootstrap, Test::WorstTwice];
}

/// The level that each of the tests of passing must bring its p-value under.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// Of the t test.
    pub t: f64,
    /// Of bootstrap-t.
    pub bootstrap: f64,
    /// Of the t test that counts the worst cluster twice.
    pub worst_twice: f64,
}

impl Levels {
    /// The same for all of them.
    pub fn all(alpha: f64) -> Levels {
        Levels {
            t: alpha,
            bootstrap: alpha,
            worst_twice: alpha,
        }
    }

    pub(super) fn of(self, test: Test) -> f64 {
        match test {
            Test::T => self.t,
            Test::Bootstrap => self.bootstrap,
            Test::WorstTwice => self.worst_twice,
        }
    }

    /// That of the test which has most to show.
    pub fn smallest(self) -> f64 {
        self.t.min(self.bootstrap).min(self.worst_twice)
    }
}
