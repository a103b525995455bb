/*
 * What has worked against other decoders does nothing here: known payloads against devalue, superjson, msgpackr and
 * seroval, and their like for our own forms. Each is put into a frame with the right sums. It is data, as JSON.parse
 * would have it, or a miss; never a prototype, an instance, a function, or an endless loop.
 */
import { codec, describe as described, json } from '@larder/core'
import { msgpack } from '@larder/codecs'
import { pack, Packr } from 'msgpackr'
import { beforeEach, describe, expect, test } from 'vitest'
import { place } from '../../../test/bytes/bench.ts'
import { forged } from '../../../test/bytes/forged.ts'
import { isHarmless, isSame } from '../../../test/bytes/same.ts'

const texts: readonly (readonly [of: string, text: string])[] = [
  // devalue: CVE-2025-57820 and GHSA-mwv9-gp5h-frr4, `__proto__` by index and by name; sparse arrays as a bomb
  ['devalue', '[{"__proto__":1},{"admin":2},true]'],
  ['devalue', '[["Object","__proto__"],{"polluted":1}]'],
  ['devalue', '[["null","__proto__",1],{"polluted":2},true]'],
  ['devalue', '[["Array",4294967295,0,1],2]'],
  ['devalue', '[["Set",[-1]],["RegExp","(a+)+$"],["Uint8Array","AAAA"]]'],
  // superjson: CVE-2022-23631, paths into prototypes
  ['superjson', '{"json":{"a":{}},"meta":{"values":{"__proto__.polluted":[["undefined"]]}}}'],
  [
    'superjson',
    '{"json":{"a":"evil","b":{}},"meta":{"referentialEqualities":{"a":["b.__proto__.polluted"]}}}',
  ],
  ['superjson', '{"json":{"e":"x"},"meta":{"values":{"e":["class","constructor"]}}}'],
  ['superjson', '{"json":{"a":{"__proto__":{"polluted":true}}},"meta":{"values":{}}}'],
  // seroval: CVE-2026-23737 and its kin, nodes that name functions, constructors and plugins
  ['seroval', '{"t":{"t":10,"i":0,"p":{"k":["then"],"v":[{"t":24,"s":0}],"s":1},"o":0},"f":31,"m":[]}'],
  ['seroval', '{"t":14,"i":0,"s":"Function","m":"return process"}'],
  ['seroval', '{"t":25,"i":0,"s":"constructor","c":"constructor"}'],
  // of old: what a merge makes of it, what `then` makes of an await
  ['JSON', '{"__proto__":{"polluted":true}}'],
  ['JSON', '{"a":[{"b":{"__proto__":null}}]}'],
  ['JSON', '{"\\u005f_proto__":{"polluted":true}}'],
  ['JSON', '{"__pr\\u006fto__":{"polluted":true}}'],
  ['JSON', '{"constructor":{"prototype":{"polluted":true}}}'],
  ['JSON', '{"then":{"call":1},"toJSON":"x","toString":null,"hasOwnProperty":1}'],
  ['JSON', '{"_bsontype":"Code","code":"process.exit()"}'],
  ['JSON', '{"rce":"_$$ND_FUNC$$_function(){process.exit()}()"}'],
  ['JSON', '{"type":"Buffer","data":[1,2,3]}'],
  ['JSON', `${'['.repeat(2_000)}${']'.repeat(2_000)}`],
  ['JSON', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
  ['JSON', ''],
  ['JSON', '{'],
]

/** Texts in forms that nobody here writes. */
const forms: readonly string[] = [
  '{"$function":"process.exit()"}',
  '{"$regexp":"(a+)+$"}',
  '{"$error":"x"}',
  '{"$":1}',
  '{"$":[1]}',
  '{"$":{"__proto__":{"polluted":true}}}',
  '{"__proto__":{"$date":null}}',
  '{"$date":"tomorrow"}',
  '{"$date":5}',
  '{"$date":"2026-01-01"}',
  '{"$number":"constructor"}',
  '{"$number":1}',
  '{"$bigint":"0x10"}',
  '{"$bigint":""}',
  '{"$bigint":" 1"}',
  '{"$bytes":"a"}',
  '{"$bytes":[1]}',
  '{"$buffer":{"length":4294967295}}',
  '{"$url":"javascript"}',
  '{"$url":"HTTP://x"}',
  '{"$map":{"size":1}}',
  '{"$map":[[1]]}',
  '{"$map":[1]}',
  '{"$set":{"0":1}}',
  '{"$text":["a"]}',
  '{"$text":{"length":4294967295}}',
  '{"$names":[["__proto__",{"polluted":true}]]}',
  '{"$names":[[{"$text":[95,95,112,114,111,116,111,95,95]},{"polluted":true}]]}',
  '{"$bare":[["__proto__",{"polluted":true}]]}',
  '{"$bare":[[1,2]]}',
  '{"$undefined":false}',
  `${'{"$set":['.repeat(600)}1${']}'.repeat(600)}`,
]

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))

/** MessagePack that is more than plain data, or not whole. */
const packs: readonly (readonly [what: string, bytes: Uint8Array])[] = [
  ['a record, which msgpackr compiles into a function', new Packr().pack([{ a: 1 }, { a: 2 }])],
  ['a record whose names are code', hex('d4 72 40 91 a9 5b5d3b657669 6c2829 01')],
  ['an endless record (CVE-2023-52079)', hex('d4 72 40 d4 72 40 d4 72 40 91 c0')],
  ['an Error', new Packr({ moreTypes: true, useRecords: false }).pack(new RangeError('x'))],
  ['a RegExp', new Packr({ moreTypes: true, useRecords: false }).pack(/(a+)+$/)],
  ['a Set', new Packr({ moreTypes: true, useRecords: false }).pack(new Set([1]))],
  ['a typed array', new Packr({ moreTypes: true, useRecords: false }).pack(new Float64Array(2))],
  ['a cycle', hex('d6 69 00000001 91 d6 70 00000001')],
  ['a timestamp', hex('d6 ff 00000001')],
  ['undefined', hex('d4 00 00')],
  [
    'bundled strings',
    new Packr({ bundleStrings: true, useRecords: false }).pack({ aaaa: 'bbbbbbbb', cccc: 'dddddddd' }),
  ],
  ['an unknown extension', hex('c7 01 55 00')],
  ['the byte that is never used', hex('91 c1')],
  ['a name __proto__', hex('81 a9 5f5f70726f746f5f5f 81 a1 61 01')],
  ['a name __proto__ of a longer kind', hex('81 d9 09 5f5f70726f746f5f5f c3')],
  ['a name __proto__ of the longest kind', hex('81 db 00000009 5f5f70726f746f5f5f c3')],
  ['a name that is a number', hex('81 01 01')],
  ['a name that is an array', hex('81 91 a1 61 01')],
  ['a list of 4 billion', hex('dd ffffffff 01')],
  ['an object of 4 billion', hex('df ffffffff a1 61 01')],
  ['a text of 4 GB', hex('db ffffffff 61')],
  ['bytes of 4 GB', hex('c6 ffffffff 61')],
  ['two values', hex('01 02')],
  ['no value', hex('')],
  ['a 64-bit integer', hex('cf 0000000000000001')],
  ['a single float', hex('ca 3f800000')],
  ['nesting', hex(`${'91'.repeat(100_000)}01`)],
]

beforeEach(() => {
  expect(Reflect.ownKeys(Object.prototype).filter((name) => name === 'polluted' || name === 'admin')).toEqual(
    [],
  )
})

const framed = async (by: ReturnType<typeof codec>, payload: Uint8Array): Promise<unknown> => {
  const { write, read } = place(by)
  const found = await read(forged(await write('x'), { payload, rawSize: payload.length }))
  return typeof found === 'string' ? found : { value: found.value }
}

describe('json', () => {
  test.each(texts)('%s: %s', async (_, text) => {
    const found = await framed(codec(), Buffer.from(text))

    if (typeof found === 'string') {
      expect(found).toBe('undecodable')
      return
    }
    const { value } = found as { value: unknown }
    expect(isHarmless(value)).toBe(true)
    expect(isSame(value, JSON.parse(text))).toBe(true)
    expect((Object.assign({}, value) as { polluted?: unknown }).polluted).toBe(undefined)
  })

  test.each(forms)('what is no form of ours is a miss: %s', async (form) => {
    expect(await framed(codec(), Buffer.from(`!${form}`))).toBe('undecodable')
  })
})

describe('msgpack', () => {
  const by = codec({ serializer: msgpack() })

  test.each(packs)('%s is a miss', async (_, bytes) => {
    expect(await framed(by, bytes)).toBe('undecodable')
  })

  const parsed = texts.flatMap(([, text]) => {
    try {
      return text.length > 1_000 ? [] : [[text, JSON.parse(text) as unknown] as const]
    } catch {
      return []
    }
  })

  test.each(parsed)('as data: %s', async (_, payload) => {
    const found = await framed(by, pack(payload))

    if (typeof found === 'string') expect(found).toBe('undecodable')
    else expect(isHarmless((found as { value: unknown }).value)).toBe(true)
  })

  test.each(forms)('what is no form of ours is a miss: %s', async (form) => {
    if (form.length > 1_000) return
    const payload = Buffer.concat([Buffer.of(0xc1), pack(JSON.parse(form))])
    const found = await framed(by, payload)

    // msgpackr renames a __proto__ of its own accord when it packs; what it makes of it is data.
    if (!form.includes('__proto__')) expect(found).toBe('undecodable')
    else if (typeof found !== 'string') expect(isHarmless((found as { value: unknown }).value)).toBe(true)
  })

  test('an extension that somebody has registered for the whole process makes nothing of our records', async () => {
    const { addExtension } = await import('msgpackr')
    let made = 0
    class Evil {
      readonly evil = true
    }
    addExtension({ Class: Evil, type: 0x21, pack: () => Buffer.of(1), unpack: () => (made++, new Evil()) })

    expect(await framed(by, hex('c7 01 21 00'))).toBe('undecodable')
    expect(made).toBe(0)
  })
})

test('bytes of a value are its own: changing them changes no record, and keeps none alive', async () => {
  for (const serializer of [json(), msgpack()]) {
    const { write, read } = place(codec({ serializer }))
    const frame = await write({ a: new Uint8Array([1, 2, 3]), b: Buffer.from([4]) })

    const found = await read(frame)
    const value = (found as { value: { a: Uint8Array; b: Buffer } }).value
    value.a.fill(9)

    expect(value.a.buffer.byteLength).toBe(3)
    expect(described(frame)).toMatchObject({ intact: true })
  }
})
