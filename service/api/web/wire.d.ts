// The events as JSON: what `schemas/enriched.py` describes. Only the type checker reads this file.

export type Stance = "favor" | "against" | "neutral";

export interface Span {
  /** Code points, end exclusive. */
  start: number;
  end: number;
}

export interface ArticleRef {
  id: string;
  version: number;
  title?: string | null;
  url?: string | null;
  language?: string | null;
  published_at?: string | null;
  source?: string | null;
  text_sha256?: string | null;
  text_length?: number | null;
  text?: string | null;
}

export interface Model {
  name: string;
  version: string;
  sha256: string;
}

export interface Entity {
  id: string;
  /** null where the service is set to leave quoted text and names out. */
  name: string | null;
  type: "person" | "organization" | "location" | "group" | "other";
  mentions: Span[];
}

export interface Speaker {
  /** null for the author alone. */
  entity: string | null;
  name: string | null;
  kind: "person" | "organization" | "unnamed" | "document" | "author";
  start: number | null;
  end: number | null;
  confidence: number;
}

export interface ClaimStance {
  target: string;
  label: Stance;
  confidence: number;
}

export type ClaimKind = "direct_quote" | "indirect_quote" | "mixed_quote" | "author_statement";

export interface Claim extends Span {
  id: string;
  text: string | null;
  spans: Span[];
  kind: ClaimKind;
  speaker: Speaker;
  cue: (Span & { text: string | null }) | null;
  check_worthiness: number;
  confidence: number;
  stances: ClaimStance[];
}

export interface HolderStance {
  holder: string;
  target: string;
  label: Stance;
  confidence: number;
  claims: string[];
}

export interface TopicStance {
  topic: string;
  label: Stance;
  confidence: number;
  holders: { holder: string; label: Stance; confidence: number; claims: string[] }[];
}

export interface Enriched {
  article: ArticleRef;
  model: Model;
  entities: Entity[];
  claims: Claim[];
  stances: HolderStance[];
  topics: TopicStance[];
}

export interface Skipped {
  article: ArticleRef;
  model: Model;
  reason: string;
  detail: string;
}

export interface Retracted {
  article: ArticleRef;
  status: "withheld" | "canceled";
}

export type ArticleEvent = Enriched | Skipped | Retracted;

export interface Article {
  id: string;
  version?: number;
  title?: string;
  body: string;
  body_type: "text/plain" | "text/html";
  topics?: string[];
  [field: string]: unknown;
}

/** What the ledger answers. */
export interface FoundClaim {
  id: number;
  article_id: string;
  claim: string;
  title: string | null;
  url: string | null;
  source: string | null;
  language: string | null;
  said_at: string;
  text: string | null;
  kind: ClaimKind;
  speaker: string | null;
  speaker_kind: Speaker["kind"];
  check_worthiness: number;
  confidence: number;
  stances: { target_id: string; target: string | null; label: Stance; confidence: number }[];
}

export interface FoundEntity {
  id: string;
  type: Entity["type"];
  name: string | null;
}

export interface QuotedEntity extends FoundEntity {
  claims: number;
  printed: number;
  of: number;
}

export interface DisputedEntity extends FoundEntity {
  favor: number;
  against: number;
  of: number;
}

export interface SeriesPoint {
  start: string;
  favor: number;
  against: number;
  claims: number;
}

/** RFC 9457. */
export interface Problem {
  type?: string;
  title: string;
  status: number;
  detail?: string;
}
