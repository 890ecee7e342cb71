//! What may happen to a device, to its app and to its server.

use live_updater::CrashReason;
use proptest::collection::vec;
use proptest::prelude::*;

/// One thing that happens. What makes no sense at the moment changes nothing, or is an error that
/// the model knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// The app starts; where it ran, it has died before.
    Launch {
        active: bool,
    },
    /// The process that runs is launched once more.
    LaunchAgain {
        active: bool,
    },
    Kill,
    Pause,
    Resume,
    /// Ticks of the watchdog.
    Wait(u8),
    /// An hour passes at once.
    Freeze,
    /// Somebody sets the clock by so many minutes.
    SetClock(i32),
    /// The device is switched off properly, and on again.
    Reboot,
    /// The device loses its power: what survives of that which wasn't synced, the seed says.
    PowerCut(u64),
    Install(App),

    Ready,
    /// A page of before says that it works.
    StaleReady(u8),
    Crash(Option<CrashReason>),
    SetBundleError(Pick),

    Check,
    Download,
    Sync,
    /// A sync whose bundle breaks off after so many bytes each time.
    BrokenSync(u16),
    /// A sync whose bundle arrives with wrong bytes.
    GarbledSync,
    Flush,
    /// The server hears the reports, and its answers get lost.
    FlushUnanswered,

    Next(Pick),
    Set(Pick),
    Delete(Pick),
    Verify(Pick),
    Reload,
    Reset {
        to_last: bool,
    },
    ClearBlocked,

    Publish(Publication),
    /// What was published so many times before is offered again.
    OfferAgain(u8),
    /// The server offers nothing any more.
    PullBack,
    /// A statement takes everybody back to builtin.
    RollBackToBuiltin,
    /// The server wants to be left alone for ten minutes.
    AskToWait,

    Corrupt(Pick, Damage),
    /// The slot that isn't the newest is overwritten.
    DamageOldSlot,
    /// A custom id is set, and the slot with it is overwritten after the app's death.
    LoseLastChange,
    /// Both slots are overwritten after the app's death.
    LoseState,
}

/// Which build of the app is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum App {
    /// Version 1.
    Old,
    /// Version 1, built anew.
    Rebuilt,
    /// Version 3.
    New,
}

impl App {
    pub(crate) fn version(self) -> u8 {
        match self {
            Self::Old | Self::Rebuilt => 1,
            Self::New => 3,
        }
    }
}

/// Which bundle is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pick {
    Running,
    Next,
    /// The so many-th newest of those that are listed, counted round and round.
    Listed(u8),
    Builtin,
    /// One that nobody has heard of.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Publication {
    /// How many versions it lies before a new one; 0 is newer than all.
    pub(crate) older: u8,
    pub(crate) kind: Kind,
    pub(crate) needs: Needs,
    pub(crate) sequence: Sequence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Fine,
    /// Other bytes under the same version.
    Other,
    /// No `index.html`: it can't be installed.
    Pageless,
}

/// The native versions that a release is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    Any,
    AtLeast2,
    AtMost2,
}

/// The sequence of a new statement, by the highest there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sequence {
    Higher,
    Same,
    Lower,
    /// Further than a device follows.
    TooHigh,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Damage {
    /// A file has other bytes.
    Bytes,
    /// A file has another size.
    Size,
    /// `index.html` is gone.
    Page,
}

/// A device's life: how it is configured, and what happens.
#[derive(Debug, Clone)]
pub(crate) struct Life {
    pub(crate) rules: Rules,
    pub(crate) actions: Vec<Action>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Releases need a statement.
    pub(crate) stated: bool,
    /// `resetWhenUpdate`
    pub(crate) reset_when_update: bool,
}

/// All lives of up to `longest` actions. A life is made short by leaving actions out.
pub(crate) fn lives(longest: usize) -> impl Strategy<Value = Life> {
    let rules = (any::<bool>(), prop::bool::weighted(0.7));
    (rules, vec(action().no_shrink(), 1..=longest)).prop_map(
        |((stated, reset_when_update), actions)| Life {
            rules: Rules {
                stated,
                reset_when_update,
            },
            actions,
        },
    )
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        84 => process(),
        32 => page(),
        40 => update(),
        20 => choice(),
        30 => server(),
        14 => disk(),
    ]
}

fn process() -> impl Strategy<Value = Action> {
    use Action::*;
    prop_oneof![
        44 => Just(Launch { active: true }),
        4 => Just(Launch { active: false }),
        2 => any::<bool>().prop_map(|active| LaunchAgain { active }),
        1 => Just(Kill),
        5 => Just(Pause),
        5 => Just(Resume),
        6 => (1_u8..5).prop_map(Wait),
        2 => Just(Freeze),
        // Enough for what is next to be applied, and for what has an end to end.
        4 => prop::sample::select(vec![6, -6, 60 * 24 * 40, -60 * 24 * 40]).prop_map(SetClock),
        2 => Just(Reboot),
        3 => any::<u64>().prop_map(PowerCut),
        2 => prop::sample::select(vec![App::Old, App::Rebuilt, App::New]).prop_map(Install),
    ]
}

fn page() -> impl Strategy<Value = Action> {
    use Action::*;
    let reasons = vec![
        None,
        Some(CrashReason::Renderer),
        Some(CrashReason::PreviousProcess),
    ];
    prop_oneof![
        18 => Just(Ready),
        3 => (0_u8..4).prop_map(StaleReady),
        4 => prop::sample::select(reasons).prop_map(Crash),
        1 => pick().prop_map(SetBundleError),
    ]
}

fn update() -> impl Strategy<Value = Action> {
    use Action::*;
    prop_oneof![
        3 => Just(Check),
        4 => Just(Download),
        20 => Just(Sync),
        2 => prop::sample::select(vec![0, 700]).prop_map(BrokenSync),
        1 => Just(GarbledSync),
        3 => Just(Flush),
        1 => Just(FlushUnanswered),
    ]
}

fn choice() -> impl Strategy<Value = Action> {
    use Action::*;
    prop_oneof![
        4 => pick().prop_map(Next),
        5 => pick().prop_map(Set),
        2 => pick().prop_map(Delete),
        2 => pick().prop_map(Verify),
        3 => Just(Reload),
        3 => any::<bool>().prop_map(|to_last| Reset { to_last }),
        1 => Just(ClearBlocked),
    ]
}

fn server() -> impl Strategy<Value = Action> {
    use Action::*;
    prop_oneof![
        20 => publication().prop_map(Publish),
        4 => (0_u8..6).prop_map(OfferAgain),
        1 => Just(PullBack),
        2 => Just(RollBackToBuiltin),
        1 => Just(AskToWait),
    ]
}

fn disk() -> impl Strategy<Value = Action> {
    use Action::*;
    let damage = prop::sample::select(vec![Damage::Bytes, Damage::Size, Damage::Page]);
    prop_oneof![
        8 => (pick(), damage).prop_map(|(pick, damage)| Corrupt(pick, damage)),
        2 => Just(DamageOldSlot),
        1 => Just(LoseLastChange),
        1 => Just(LoseState),
    ]
}

fn pick() -> impl Strategy<Value = Pick> {
    prop_oneof![
        6 => Just(Pick::Running),
        3 => Just(Pick::Next),
        8 => (0_u8..6).prop_map(Pick::Listed),
        1 => Just(Pick::Builtin),
        1 => Just(Pick::Unknown),
    ]
}

fn publication() -> impl Strategy<Value = Publication> {
    let older = prop_oneof![8 => Just(0), 2 => 1_u8..5];
    let kind =
        prop_oneof![8 => Just(Kind::Fine), 1 => Just(Kind::Other), 1 => Just(Kind::Pageless)];
    let needs = prop_oneof![
        8 => Just(Needs::Any),
        1 => Just(Needs::AtLeast2),
        1 => Just(Needs::AtMost2),
    ];
    let sequence = prop_oneof![
        16 => Just(Sequence::Higher),
        2 => Just(Sequence::Same),
        2 => Just(Sequence::Lower),
        1 => Just(Sequence::TooHigh),
    ];
    (older, kind, needs, sequence).prop_map(|(older, kind, needs, sequence)| Publication {
        older,
        kind,
        needs,
        sequence,
    })
}
