// What the server says and is told, over HTTP and the sockets. Made from the Go
// documents by go generate ./server/httpd; don't edit.

declare namespace Doc {
  interface Account {
    id: string;
    name: string;
    roles: ('visitor' | 'voter' | 'judge' | 'host' | 'director' | 'screen' | 'broadcaster' | 'moderator' | 'reviewer' | 'organiser' | 'auditor')[];
    disabled: boolean;
  }
  interface Action {
    kind: string;
    scene?: string;
    args?: Record<string, string>;
    entry?: string;
    label?: string;
    seconds?: number;
    ballot?: string;
    what?: string;
    award?: string;
    from?: number;
    top?: number;
    mode?: string;
    camera?: string;
  }
  interface Alarm {
    code: string;
    args?: Record<string, any>;
  }
  interface Award {
    id: string;
    name: string;
    quota: number;
    mode: 'one' | 'list';
  }
  interface AwardCard {
    level: string;
    name: string;
    place: number;
    of: number;
    held: boolean;
    winner: Winner | null;
  }
  interface AwardLevel {
    level: string;
    name: string;
    mode: string;
    quota: number;
    winners: Winner[];
  }
  interface Ballot {
    id: string;
    no: number;
    session: string;
    title: string;
    options: Option[];
    quota: Quota;
    visibility: 'hidden' | 'count' | 'live';
    level: number;
    state: 'draft' | 'armed' | 'open' | 'closed' | 'revealed';
    round: number;
    opensAt: number;
    closesAt: number;
    openedAt: number;
    deadline: number;
    weight: number;
    note: string;
  }
  interface BallotRow {
    id: string;
    no: number;
    session: string;
    title: string;
    options: Option[];
    quota: Quota;
    visibility: 'hidden' | 'count' | 'live';
    level: number;
    state: 'draft' | 'armed' | 'open' | 'closed' | 'revealed';
    round: number;
    opensAt: number;
    closesAt: number;
    openedAt: number;
    deadline: number;
    weight: number;
    note: string;
    voters: number;
    rev: string;
  }
  interface Blocker {
    code: string;
    text: string;
    award?: string;
    ballot?: string;
    entries?: string[];
  }
  interface Board {
    id: string;
    title: string;
    state: 'draft' | 'armed' | 'open' | 'closed' | 'revealed';
    round: number;
    opensAt: number;
    closesAt: number;
    openedAt: number;
    deadline: number;
    note: string;
    closing: string;
    max: number;
    perTrack: number;
    perEntry: number;
    min: number;
    change: boolean;
    window: string;
    level: number;
    visibility: 'hidden' | 'count' | 'live';
    voters?: number;
    votes?: number[];
    rows: BoardRow[];
  }
  interface BoardRow {
    entry: string;
    no: number;
    title: string;
    track: string;
    trackName: string;
    lead: string;
  }
  interface Body {
    role: 'guide' | 'host' | 'executor' | 'jury';
    name: string;
    note?: string;
  }
  interface Camera {
    name: string;
    label: string;
    state: string;
    onair: boolean;
    keyframeMs: number;
    warning: string;
  }
  interface CameraRow {
    name: string;
    label: string;
    state: string;
    onair: boolean;
    keyframeMs: number;
    warning: string;
    rev: string;
  }
  interface Card {
    id: string;
    order: number;
    title: string;
    track: string;
    trackName: string;
    team: string;
    lead: string;
    partners: string[];
    summary: string;
  }
  interface Cast {
    ballot: string;
    rev: number;
    choice: string[];
    salt: string;
    round: number;
  }
  interface CastReply {
    receipt: Receipt;
    rev: number;
    choice: string[];
    duplicate: boolean;
  }
  interface Change {
    line: number;
    entry: Entry;
    fields: FieldDiff[];
  }
  interface ChangePart {
    path: string;
    in: ChangePlace[];
    before: string[];
    after: string[];
  }
  interface ChangePlace {
    name: string;
    no: number;
  }
  interface ChangeRow {
    no: number;
    at: number;
    actor: string;
    verb: 'watch' | 'vote/cast' | 'ticket/redeem' | 'line/say' | 'line/moderate' | 'sheet/mark' | 'host/see' | 'desk/see' | 'camera/send' | 'camera/preview' | 'office/read' | 'change/read' | 'contest/make' | 'entry/import' | 'entry/state' | 'judge/save' | 'judge/drop' | 'session/save' | 'session/drop' | 'session/entries' | 'session/panel' | 'take/begin' | 'take/end' | 'take/purge' | 'rundown/read' | 'rundown/save' | 'ballot/save' | 'ballot/drop' | 'ballot/open' | 'ballot/extend' | 'ballot/close' | 'ballot/round' | 'ballot/publish' | 'ballot/recount' | 'camera/read' | 'camera/save' | 'camera/drop' | 'link/make' | 'link/revoke' | 'account/make' | 'account/invite' | 'account/disable' | 'account/enable' | 'ticket/make' | 'ticket/print' | 'ticket/release';
    new: boolean;
    noun: string;
    name: string;
    id: string;
    of: string;
    take: number;
    parts: ChangePart[];
    more: number;
  }
  interface Changes {
    rows: ChangeRow[];
    older: number;
    actors: string[];
    verbs: ('watch' | 'vote/cast' | 'ticket/redeem' | 'line/say' | 'line/moderate' | 'sheet/mark' | 'host/see' | 'desk/see' | 'camera/send' | 'camera/preview' | 'office/read' | 'change/read' | 'contest/make' | 'entry/import' | 'entry/state' | 'judge/save' | 'judge/drop' | 'session/save' | 'session/drop' | 'session/entries' | 'session/panel' | 'take/begin' | 'take/end' | 'take/purge' | 'rundown/read' | 'rundown/save' | 'ballot/save' | 'ballot/drop' | 'ballot/open' | 'ballot/extend' | 'ballot/close' | 'ballot/round' | 'ballot/publish' | 'ballot/recount' | 'camera/read' | 'camera/save' | 'camera/drop' | 'link/make' | 'link/revoke' | 'account/make' | 'account/invite' | 'account/disable' | 'account/enable' | 'ticket/make' | 'ticket/print' | 'ticket/release')[];
  }
  interface Clause {
    group: string;
    no: number;
    text: string;
  }
  interface Command {
    rev: number;
    kind: string;
    cue: string;
    text: string;
    name: string;
    seconds: number;
    on: boolean;
    reason: string;
    what: string;
    entries: string[];
    ballot: string;
    undo: boolean;
  }
  interface Contact {
    office: string;
    phone: string;
  }
  interface Contest {
    code: string;
    name: string;
    shortName: string;
    theme: string;
    city: string;
    timezone: string;
    from: string;
    to: string;
    basis: string;
    bodies: Body[];
    rules: Clause[];
    phases: Phase[];
    events: Event[];
    tracks: Track[];
    criteria: Criterion[];
    awards: Award[];
    awardNote: string;
    scoring: Scoring;
    defaults: Defaults;
    venues: Venue[];
    contacts: Contact[];
    days: Record<string, string>;
  }
  interface Criterion {
    id: string;
    name: string;
    text: string;
    weight: number;
    max: number;
  }
  interface Cue {
    id: string;
    title: string;
    detail: string;
    line: string;
    lines?: Record<string, string>;
    group?: string;
    plan: number;
    takes?: number;
    fixed?: boolean;
    actions: Action[] | null;
    confirm: boolean;
    lane: string;
    auto: number;
    autoStep?: number;
  }
  interface DanmakuMode {
    mode: string;
  }
  interface Decision {
    what: string;
    entries?: string[];
    ballot?: string;
    reason: string;
    actor: string;
    at: number;
  }
  interface Defaults {
    finalists: number;
    judges: number;
    minSectors: number;
    nominees: number;
    prelimWeights: Weights;
    prelimVote: PlannedQuota;
    finalVote: PlannedQuota;
    pitchSeconds: number;
    askSeconds: number;
    markSeconds: number;
    tentative: boolean;
  }
  interface Desk {
    rev: number;
    starts: number;
    cues: DeskCue[];
    next: string | null;
    armed: string | null;
    ballots: Turnout[];
    judges: DeskJudge[];
    need: number;
    screens: Screen[];
    cameras: Camera[];
    audience: number;
    ackP99Ms: number;
    blockers: Blocker[];
    decisions: Decision[];
    names: Record<string, string>;
    alarms: Alarm[];
    danmakuQueue: Line[];
    preview: View | null;
  }
  interface DeskCue {
    id: string;
    title: string;
    detail: string;
    group: string;
    plan: number;
    takes: number;
    fixed: boolean;
    at: number;
    state: string;
    step: number;
    steps: number;
    confirm: boolean;
    lane: string;
    closes: string[];
  }
  interface DeskJudge {
    id: string;
    name: string;
    online: boolean;
    done: boolean;
    recused: boolean;
  }
  interface Direction {
    no: number;
    title: string;
    text: string;
  }
  interface Dot {
    id: string;
    name: string;
    done: boolean;
  }
  interface Dots {
    entry: string;
    judges: Dot[];
    locked: boolean;
  }
  interface Entry {
    id: string;
    no: number;
    title: string;
    track: string;
    direction: number;
    team: string;
    lead: string;
    partners: string[];
    summary: string;
    order: number;
    state: 'qualified' | 'withdrawn' | 'disqualified';
    reason?: string;
    sample: boolean;
  }
  interface EntryRow {
    id: string;
    no: number;
    title: string;
    track: string;
    direction: number;
    team: string;
    lead: string;
    partners: string[];
    summary: string;
    order: number;
    state: 'qualified' | 'withdrawn' | 'disqualified';
    reason?: string;
    sample: boolean;
    rev: string;
  }
  interface EntryState {
    id: string;
    state: 'qualified' | 'withdrawn' | 'disqualified';
    reason: string;
    ballots: string[];
  }
  interface Error {
    error: { code: string; kind: 'invalid' | 'unauthenticated' | 'forbidden' | 'not_found' | 'conflict' | 'closed' | 'limited' | 'unavailable' | 'internal'; args?: Record<string, any> };
  }
  interface Event {
    id: string;
    kind: string;
    title: string;
    date: string;
    weekday?: string;
    venue: string;
    theme?: string;
    themeTentative?: boolean;
    audience?: string;
    form?: string;
  }
  interface Fact {
    seq: number;
    at: number;
    kind: string;
    body: any;
  }
  interface FieldDiff {
    field: string;
    old: string;
    new: string;
    frozen: boolean;
  }
  interface HostLine {
    title: string;
    line: string;
    vacant?: string;
  }
  interface HostNext {
    cue: string;
    title: string;
    line: string;
    step: number;
    steps: number;
    armed: boolean;
    confirm: boolean;
    fire: boolean;
    closes: string[];
  }
  interface HostView {
    rev: number;
    now: HostLine | null;
    next: HostNext | null;
    timer: Timer | null;
    ended: boolean;
  }
  interface Invitation {
    url: string;
    qr: string;
  }
  interface Judge {
    id: string;
    name: string;
    org: string;
    sector: string;
    sample: boolean;
  }
  interface JudgeDesk {
    session: Session;
    judge: Judge;
    criteria: Criterion[];
    entries: JudgeEntry[];
  }
  interface JudgeEntry {
    id: string;
    order: number;
    title: string;
    track: string;
    trackName: string;
    team: string;
    lead: string;
    partners: string[];
    summary: string;
    open: boolean;
    locked: boolean;
    sheet: Sheet;
  }
  interface JudgeMark {
    id: string;
    name: string;
    total: string | null;
    dropped: string | null;
  }
  interface JudgeRow {
    id: string;
    name: string;
    org: string;
    sector: string;
    sample: boolean;
    rev: string;
    notice?: Problem;
  }
  interface Leaders {
    title: string;
    rows: Place[];
  }
  interface LedgerName {
    origin: string;
    key: string;
  }
  interface LevelReply {
    level: number;
  }
  interface Line {
    id: string;
    name: string;
    text: string;
    at: number;
  }
  interface Lineup {
    session: string;
    entries: string[];
    ownEntries: boolean;
    entriesRev: string;
    judges: string[];
    ownPanel: boolean;
    panelRev: string;
    sealed: boolean;
    follows: string;
    quorum: number;
    revealedIn: string;
    joinedIn: string;
  }
  interface Link {
    id: string;
    role: string;
    name: string;
    session: string;
    createdBy: string;
    created: number;
    revoked: boolean;
    last: number;
    online: boolean;
  }
  interface MadeContest {
    code: string;
    base: string;
  }
  interface Marks {
    entry: string;
    title: string;
    judges: JudgeMark[];
    score: string | null;
  }
  interface Me {
    role: 'visitor' | 'voter' | 'judge' | 'host' | 'director' | 'screen' | 'broadcaster' | 'moderator' | 'reviewer' | 'organiser' | 'auditor';
    roles: ('visitor' | 'voter' | 'judge' | 'host' | 'director' | 'screen' | 'broadcaster' | 'moderator' | 'reviewer' | 'organiser' | 'auditor')[];
    name: string;
    session: string;
    level: number;
    founder: boolean;
    contests: MyContest[];
  }
  interface MyContest {
    code: string;
    name: string;
    base: string;
  }
  interface MyVotes {
    rev: number;
    choice: string[];
    receipts: Receipt[];
    until: number;
  }
  interface NewAccount {
    id: string;
    url: string;
    qr: string;
  }
  interface NewBallot {
    id: string;
    session: string;
    title: string;
    entries: string[] | null;
    quota: Quota;
    visibility: 'hidden' | 'count' | 'live';
    level: number;
    opensAt: number;
    closesAt: number;
    rev: string;
  }
  interface NewLink {
    id: string;
    token: string;
    url: string;
    qr: string;
    notice?: Problem;
  }
  interface NewSession {
    id: string;
    title: string;
    subtitle: string;
    kind: string;
    date: string;
    time: string;
    place: string;
    reveals: string;
    joins: string[] | null;
    rev: string;
  }
  interface NewTake {
    sure: boolean;
  }
  interface Notice {
    text: string;
  }
  interface OfficeSession {
    id: string;
    title: string;
    subtitle: string;
    kind: string;
    date: string;
    time: string;
    place: string;
    reveals: string;
    joins: string[] | null;
    rev: string;
    state: 'planned' | 'rehearsing' | 'live' | 'ended';
    sealed: boolean;
  }
  interface OnAir {
    show: string;
    take: number;
  }
  interface Option {
    no: number;
    entry: string;
    track: string;
  }
  interface Overview {
    plan: string;
    entries: number;
    judges: number;
    sessions: Session[];
    ballots: Turnout[];
    warnings: Warning[];
    todo: Task[];
    url: string;
  }
  interface Phase {
    id: string;
    kind: string;
    title: string;
    from: string;
    to: string;
    weekday?: string;
    place?: string;
    form?: string;
    text: string;
  }
  interface Place {
    rank: number;
    frozen?: boolean;
    entry: string;
    title: string;
    track: string;
    trackName: string;
    lead: string;
    score: string;
  }
  interface PlannedQuota {
    window: string;
    maxVotes: number;
    perEntry: number;
    perTrack: number;
  }
  interface Preview {
    add: Entry[];
    change: Change[];
    same: string[];
    problems: Problem[];
    notices: Problem[];
    applied: boolean;
    basis: string;
    ignored?: string[];
    kept?: string[];
    sheet?: string;
  }
  interface Problem {
    path: string;
    line: number;
    code: string;
    args?: Record<string, any>;
  }
  interface Program {
    camera: string;
    label: string;
    state: string;
  }
  interface Proof {
    form: string;
    origin: string;
    key: string;
    ballot: string;
    round: number;
    definition: string;
    close: string;
    checkpoint: string;
    root: string;
    size: number;
    record?: string;
    leaf?: string;
    salt?: string;
    index: number;
    path?: string[];
    promise?: string;
    openPath?: string[];
    closePath?: string[];
    leaves?: string[];
    seal?: string;
  }
  interface Quota {
    window: string;
    max: number;
    perEntry: number;
    perTrack: number;
    min: number;
    change: boolean;
    tz: string;
  }
  interface Readiness {
    ready: boolean;
    reasons: string[];
    shows: boolean;
  }
  interface Receipt {
    ballot: string;
    round: number;
    rev: number;
    leaf: string;
    record: string;
    promise: string;
  }
  interface Recount {
    equal: boolean;
    voters: number;
    papers: number;
  }
  interface ResultBallot {
    ballot: string;
    round: number;
    root: string;
    leaves: number;
    votes: number;
    elsewhere: number;
  }
  interface ResultRow {
    id: string;
    order: number;
    title: string;
    track: string;
    trackName: string;
    team: string;
    lead: string;
    partners: string[];
    summary: string;
    rank: number;
    award: string;
    total: string;
    jury: string;
    votePoints: string;
    votes: number;
    note: string;
  }
  interface Results {
    session: string;
    title: string;
    date: string;
    in: string;
    sample: boolean;
    whole: boolean;
    awards: AwardLevel[];
    result: WholeResult | null;
  }
  interface Rev {
    rev: number;
  }
  interface Said {
    id: string;
    state: string;
  }
  interface Scene {
    name: string;
    at: number;
    args: Record<string, string>;
  }
  interface Scoring {
    trim: string;
    trimFrom: number;
    trimWideFrom: number;
    quorum: number;
    voteMethod: string;
    floor: number;
    spreadMatch: boolean;
    weights: Weights;
    rounding: string;
    places: number;
    tentative: boolean;
  }
  interface Screen {
    name: string;
    online: boolean;
    scene: string;
    version: number;
    lag: number;
  }
  interface Session {
    id: string;
    title: string;
    subtitle: string;
    kind: string;
    date: string;
    time: string;
    place: string;
    reveals: string;
    sample: boolean;
    ballots: string[];
    state: 'planned' | 'rehearsing' | 'live' | 'ended';
  }
  interface Sheet {
    session: string;
    entry: string;
    judge: string;
    marks: Record<string, number>;
    comment: string;
    rev: number;
    state: 'draft' | 'submitted' | 'locked' | 'recused';
    updatedAt: number;
  }
  interface Stage {
    id: string;
    title: string;
    subtitle: string;
    mode: string;
    sample: boolean;
    begun: boolean;
    ended: boolean;
  }
  interface StageBallot {
    id: string;
    title: string;
    open: boolean;
    deadline: number;
  }
  interface StagedRundown {
    session: string;
    title: string;
    subtitle: string;
    cues: Cue[];
    rev: string;
  }
  interface Take {
    show: string;
    session: string;
    take: number;
    began: number;
    ended: number;
    purged: number;
    by: string;
  }
  interface Takes {
    on: string;
    underWay: boolean;
    takes: Take[];
  }
  interface Tally {
    ballot: string;
    title: string;
    rows: TallyRow[];
    voters: number;
  }
  interface TallyRow {
    entry: string;
    title: string;
    track: string;
    trackName: string;
    votes: number;
  }
  interface Task {
    session: string;
    kind: string;
    have: number;
    need: number;
    title: string;
    names: string[];
  }
  interface Ticket {
    ticket: string;
  }
  interface TicketCards {
    cards: string[];
    page: string;
  }
  interface TicketCodes {
    codes: string[];
    page: string;
  }
  interface Time {
    now: number;
  }
  interface Timer {
    id: string;
    label: string;
    ends: number;
    total: number;
  }
  interface Track {
    id: string;
    no: number;
    name: string;
    short: string;
    summary: string;
    directions: Direction[];
  }
  interface TrackName {
    id: string;
    no: number;
    short: string;
  }
  interface Turnout {
    id: string;
    title: string;
    state: 'draft' | 'armed' | 'open' | 'closed' | 'revealed';
    round: number;
    deadline: number;
    voters: number;
  }
  interface Venue {
    id: string;
    name: string;
  }
  interface Verify {
    root: string;
    leaves: number;
    at: number;
  }
  interface View {
    session: Stage | null;
    scene: Scene | null;
    timer: Timer | null;
    entry: Card | null;
    ballot: StageBallot | null;
    dots: Dots | null;
    sheets: number;
    marks: Marks | null;
    board: Leaders | null;
    awards: AwardLevel[];
    award: AwardCard | null;
    tally: Tally | null;
    verify: Verify | null;
    program: Program | null;
    danmaku: DanmakuMode | null;
    blackout: boolean;
    notice: Notice | null;
  }
  interface Warning {
    id: string;
    path: string;
    zh: string;
    en: string;
  }
  interface Weights {
    jury: number;
    votes: number;
  }
  interface WholeResult {
    root: string;
    juryOnly: boolean;
    rows: ResultRow[];
    awards: AwardLevel[];
    ballots: ResultBallot[];
    decisions: Decision[];
  }
  interface Winner {
    entry: string;
    title: string;
    team: string;
    lead: string;
    partners: string[];
    track: string;
    trackName: string;
    total: string;
    jury: string;
    votes: number;
  }
  /** What GET answers with. */
  interface Gets {
    '/readyz': Readiness;
    '/v1/admin/ballots': BallotRow[];
    '/v1/admin/cameras': CameraRow[];
    '/v1/admin/changes': Changes;
    '/v1/admin/entries': EntryRow[];
    '/v1/admin/judges': JudgeRow[];
    '/v1/admin/links': Link[];
    '/v1/admin/overview': Overview;
    '/v1/admin/sessions': OfficeSession[];
    '/v1/admin/staff': Account[];
    '/v1/contest': Contest;
    '/v1/judge': JudgeDesk;
    '/v1/ledger': LedgerName;
    '/v1/me': Me;
    '/v1/results': Results[];
    '/v1/sessions': Session[];
    '/v1/time': Time;
    '/v1/tracks': TrackName[];
    '/v1/votes/mine': MyVotes;
  }
  /** What POST answers with. */
  interface Posts {
    '/v1/admin/ballots': Ballot;
    '/v1/admin/cameras': CameraRow[];
    '/v1/admin/contests': MadeContest;
    '/v1/admin/entries': Preview;
    '/v1/admin/entries/import': Preview;
    '/v1/admin/judges': JudgeRow[];
    '/v1/admin/links': NewLink;
    '/v1/admin/sessions': OfficeSession[];
    '/v1/admin/staff': NewAccount;
    '/v1/admin/tickets': TicketCodes;
    '/v1/admin/tickets/cards': TicketCards;
    '/v1/tickets/redeem': LevelReply;
    '/v1/votes': CastReply;
    '/v1/ws-tickets': Ticket;
  }
}
