import random, time, contextlib
import pytest
from support.qti import *
from quizzes.exchange.base import FORMATS, tidy
from quizzes.exchange.archive import Archive
from quizzes.kinds.base import KINDS, load_data
from lms.api import Refused
import quizzes.kinds
def scribbled(data, chance):
    damaged = bytearray(data)
    for _time in range(chance.randint(1, 5)):
        at = chance.randrange(len(damaged))
        if chance.random()<.5:
            a=chance.randrange(len(damaged)); piece=bytes(damaged[a:a+chance.randint(1,60)])
        else: piece = chance.choice([b"<", b">", b"&#0;", b"\xff", b"", b"</itemBody>", b"[[[", b"{", b"-1", b"NaN", b"1e999", b'"',b"null",b"[]"])
        damaged[at : at + chance.randint(0, 20)] = piece
    return bytes(damaged)
def textual(data, chance):
    """swap attribute values & tags keeping well-formed"""
    import re
    t=data.decode()
    vals=re.findall(r'"([^"]*)"',t); names=re.findall(r'<([A-Za-z-]+)',t)
    for _ in range(chance.randint(1,4)):
        if chance.random()<.6:
            m=chance.choice(list(re.finditer(r'="([^"]*)"',t)[1:] if False else list(re.finditer(r'="([^"]*)"',t))[5:]))
            t=t[:m.start(1)]+chance.choice(vals+["","0","-1","NaN","inf"])+t[m.end(1):]
        else:
            a,b=chance.choice(names),chance.choice(names)
            t=re.sub(rf'(</?){a}(?=[ >/])',rf'\g<1>{b}',t)
    return t.encode()
@pytest.mark.parametrize("key",["qti21","qti3"])
def test_f(app,key):
    chance=random.Random(99)
    items = [tidy({"key": f"k-{kind.replace('_', '-')}", "kind": kind, **load_data(kind, {**known.example,**({} if kind=="description" else {"feedback":"x","hints":["a *b*"]})})}) for kind, known in KINDS.items()]
    archive = Archive(FORMATS[key].write(items, {}))
    members = {name: archive[name] for name in archive.names()}
    t=time.time(); n=ok=0
    while time.time()-t<22:
        name=chance.choice(list(members))
        for how in (scribbled,textual):
            d=how(members[name],chance)
            for data in ([d] if name!="imsmanifest.xml" else [])+([stored({**members,name:d})] if name=="imsmanifest.xml" else []):
                n+=1
                try: ok+=len(quickly(data).items)
                except Refused: pass
    print(n,ok)
def test_perf(app):
    items=[]
    for n in range(1000):
        k=sorted(KINDS)[n%len(KINDS)]
        items.append({"key":f"x-{n}","kind":k,"tags":["a","b"],"category":"c/d",**load_data(k,KINDS[k].example)})
    for f in ("qti21",):
        t=time.perf_counter(); out=FORMATS[f].write(items,{}); t1=time.perf_counter()
        p=FORMATS[f].parse(out,"x.zip"); t2=time.perf_counter()
        print(f, len(out), t1-t, t2-t1, len(p.items))
