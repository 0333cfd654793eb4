import sys; sys.path.insert(0,'/tmp/ch1x')
from ch1 import lab
T="The old lighthouse keeper climbed the stairs every evening, lit the lamp, and watched the ships pass in the dark. One night a storm came, and the light went out; he carried a lantern to the top and stood there until morning."
F="The capital of France is"
e={}
for L in (10,12): e[f'bits-mlp-{L}']=lab('surprise',text=T,intervene=f'replace-mlp:layer={L},mode=zero')['columns']['total.mean']['data'][0]
c=lab('lens',prompt=F)['columns']; n=c['lens.p']['shape'][1]; e['capital']=c['lens.p']['data'][29*n]; print(e, c['lens.text']['data'][29*n])
p=e['capital']
for l in ('en','ru'):
    f=f'/tmp/w-ch1/chapters/01-architecture/{l}.md'; s=open(f).read()
    pct=f'{100*p:.0f}'
    s=s.replace('[CAPITAL]',f'[{pct}%]' if l=='en' else f'[{pct}\u00a0%]')
    for L in (10,12):
        i=s.index('\n```claim\nid: bits-mlp-11\n'); j=i
        blk=s[i:s.index('```\n',i+12)+4]
        nb=blk.replace('bits-mlp-11',f'bits-mlp-{L}').replace('layer=11',f'layer={L}')
        import re
        nb=re.sub(r'expect: .*',f"expect: {e[f'bits-mlp-{L}']:.6g}",nb)
        s=s[:i]+nb+s[i:]
    i=s.index('\n```claim\nid: giant-before\n')
    s=s[:i]+f'\n```claim\nid: capital\nlab: lens\nprompt: "{F}"\nvalue: lens.p[29,0]\nexpect: {p:.6g}\ntolerance: 0.005\n```\n'+s[i:]
    open(f,'w').write(s)
