/** A table row that holds a record as JSON. A property holds 32 Ki characters at most, so long JSON stands in several. */
export type Entity = {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly etag?: string;
  readonly schema: number;
  readonly [json: `json${number}`]: string;
};

const propertyLimit = 30_000;

export function toEntity(partitionKey: string, rowKey: string, record: { readonly schema: number }): Entity {
  const json = JSON.stringify(record);
  const parts = Array.from({ length: Math.ceil(json.length / propertyLimit) }, (_, i) => [
    `json${i}`,
    json.slice(i * propertyLimit, (i + 1) * propertyLimit),
  ]);
  return { partitionKey, rowKey, schema: record.schema, ...Object.fromEntries(parts) };
}

/** Throws on a record of another schema: a newer app wrote it, and guessing would be worse. */
export function fromEntity<T extends { readonly schema: number }>(entity: Entity): T {
  if (entity.schema !== 1)
    throw new Error(`a record of schema ${entity.schema} was found in storage; this version reads schema 1`);
  let json = '';
  for (let part = 0; ; part += 1) {
    const piece = entity[`json${part}`];
    if (piece === undefined) return JSON.parse(json) as T;
    json += piece;
  }
}
