import type { DatabaseSync } from "node:sqlite";

const runColumns = `
  runs.*, (SELECT json_group_array(tag) FROM (SELECT tag FROM tags WHERE run_id = runs.id ORDER BY tag)) AS tags`;

const tagged = "id IN (SELECT run_id FROM tags WHERE tag = :tag)";

/** Every statement of the store, each with the index that serves it. */
const sql = {
  begin: "BEGIN IMMEDIATE",
  commit: "COMMIT",
  rollback: "ROLLBACK",

  // runs (flow, run)
  insertRun: `
    INSERT INTO runs (flow, run, status, started_at, ended_at, parameters, steps, owner, failure)
    VALUES (:flow, :run, :status, :startedAt, :endedAt, :parameters, :steps, :owner, :failure)
    ON CONFLICT DO NOTHING`,
  runId: "SELECT id, owner FROM runs WHERE flow = ? AND run = ?",
  run: `SELECT ${runColumns} FROM runs WHERE flow = ? AND run = ?`,
  endRun: `
    UPDATE runs SET status = :status, ended_at = :endedAt, failure = :failure, redrive = :redrive
    WHERE id = :id AND (ended_at IS NULL OR redrive < :redrive OR (redrive = :redrive AND ended_at < :endedAt))`,

  // runs_by_start
  flows: "SELECT DISTINCT flow FROM runs ORDER BY flow",
  runs: `
    SELECT ${runColumns} FROM runs WHERE flow = :flow AND started_at < :before
    ORDER BY started_at DESC, id DESC LIMIT :limit`,
  taggedRuns: `
    SELECT ${runColumns} FROM runs WHERE flow = :flow AND started_at < :before AND ${tagged}
    ORDER BY started_at DESC, id DESC LIMIT :limit`,
  latestRun: `
    SELECT ${runColumns} FROM runs WHERE flow = :flow AND (status = 'succeeded' OR :any)
    ORDER BY started_at DESC, id DESC LIMIT 1`,

  // tags (run_id, tag)
  addTag: "INSERT OR IGNORE INTO tags (run_id, tag) VALUES (?, ?)",
  removeTag: "DELETE FROM tags WHERE run_id = ? AND tag = ?",

  // tasks (run_id, step, path, visit)
  insertTask: `
    INSERT INTO tasks (run_id, step, path, visit, attempts) VALUES (:run, :step, :path, :visit, :attempts)
    ON CONFLICT DO NOTHING`,
  updateTask: "UPDATE tasks SET attempts = :attempts, committed = :committed WHERE id = :id",
  attempts: "SELECT id, attempts, committed FROM tasks WHERE run_id = ? AND step = ? AND path = ? AND visit = ?",
  task: "SELECT * FROM tasks WHERE run_id = ? AND step = ? AND path = ? AND visit = ?",
  tasksUnder: "SELECT * FROM tasks WHERE run_id = ? AND step = ? AND path >= ? AND path < ?",
  steps: "SELECT step FROM tasks WHERE run_id = ? GROUP BY step ORDER BY min(id)",

  // models (name, version), model_aliases (name, alias)
  insertModel: "INSERT OR IGNORE INTO models (name, version, record) VALUES (?, ?, ?)",
  deleteModel: "DELETE FROM models WHERE name = ? AND version = ?",
  modelNames: "SELECT DISTINCT name FROM models ORDER BY name",
  modelVersion: "SELECT record FROM models WHERE name = ? AND version = ?",
  modelVersions: "SELECT record FROM models WHERE name = ? ORDER BY version DESC LIMIT ?",
  modelAliases: "SELECT alias, version FROM model_aliases WHERE name = ? ORDER BY alias",
  setAlias: `
    INSERT INTO model_aliases (name, alias, version) VALUES (?, ?, ?)
    ON CONFLICT (name, alias) DO UPDATE SET version = excluded.version`,
  deleteAlias: "DELETE FROM model_aliases WHERE name = ? AND alias = ?",

  // deployments (endpoint, id)
  putDeployment: `
    INSERT INTO deployments (endpoint, id, status, record) VALUES (:endpoint, :id, :status, :record)
    ON CONFLICT DO UPDATE SET status = excluded.status, record = excluded.record WHERE status <> 'in_service'`,
  endpoints: "SELECT DISTINCT endpoint FROM deployments ORDER BY endpoint",
  deployment: "SELECT record FROM deployments WHERE endpoint = ? AND id = ?",
  deployments: "SELECT record FROM deployments WHERE endpoint = ? ORDER BY id DESC LIMIT ?",

  // lineage (source, kind, target)
  addLineage: "INSERT OR IGNORE INTO lineage (source, kind, target) VALUES (?, ?, ?)",
  lineage: "SELECT target FROM lineage WHERE source = ? AND kind = ? ORDER BY target",
} as const;

export type Statements = ReturnType<typeof statements>;

/** The store's statements, each prepared when it is first used. */
export function statements(database: DatabaseSync) {
  const prepared = new Map<keyof typeof sql, ReturnType<DatabaseSync["prepare"]>>();
  return (name: keyof typeof sql) => {
    let statement = prepared.get(name);
    if (statement === undefined) {
      statement = database.prepare(sql[name]);
      prepared.set(name, statement);
    }
    return statement;
  };
}
