// Plain scripts without modules or requests, so that the pages work from a folder as well as from a server.
const root = document.documentElement.dataset.root;

// The page's own line in the menu.
for (const link of document.querySelectorAll('#fsdocs-main-menu a')) {
    if (link.pathname === location.pathname || (location.pathname.endsWith('/') && link.pathname.endsWith('/index.html'))) {
        link.parentElement.classList.add('active');
        link.scrollIntoView({ block: 'nearest' });
    }
}

// A link to a member of the reference opens its details.
function showMember() {
    if (!location.hash) return;
    const link = document.querySelector(`a[href='${CSS.escape(location.hash).replace('\\#', '#')}']`);
    link?.closest('tr')?.querySelector('details')?.setAttribute('open', '');
    document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

showMember();
addEventListener('hashchange', showMember);

// Search: pages whose title, headings or text hold every word; titles first.
const box = document.querySelector('#search input');
const results = document.querySelector('#search ul');

// content/index.js, a megabyte, is loaded when somebody begins to search; it sets siteIndex.
function withIndex(then) {
    if (window.siteIndex) return then();
    const script = document.createElement('script');
    script.src = root + 'content/index.js';
    script.onload = then;
    document.head.append(script);
}

function rank(page, words) {
    const title = page.title.toLowerCase();
    const text = (page.title + ' ' + page.headings.join(' ') + ' ' + page.content).toLowerCase();
    if (!words.every(word => text.includes(word))) return 0;
    const exact = title === words.join(' ') || title.endsWith('.' + words.join('.'));
    return 1 + words.filter(word => title.includes(word)).length * 2 + (exact ? 4 : 0) + (page.type === 'content' ? 1 : 0);
}

function search() {
    const words = box.value.toLowerCase().split(/\s+/).filter(word => word);
    const found = words.length === 0 ? [] : window.siteIndex
        .map(page => ({ page, rank: rank(page, words) }))
        .filter(one => one.rank > 0)
        .sort((a, b) => b.rank - a.rank || a.page.title.length - b.page.title.length)
        .slice(0, 20);

    results.replaceChildren(...found.map(({ page }) => {
        const line = document.createElement('li'), link = document.createElement('a'), kind = document.createElement('small');
        link.href = root + page.uri;
        kind.textContent = page.type === 'content' ? 'page' : 'reference';
        link.append(page.title, kind);
        line.append(link);
        return line;
    }));
}

box.addEventListener('focus', () => withIndex(() => {}));
box.addEventListener('input', () => withIndex(search));
box.addEventListener('keydown', event => {
    if (event.key === 'Enter') results.querySelector('a')?.click();
    if (event.key === 'Escape') { box.value = ''; results.replaceChildren(); box.blur(); }
});
addEventListener('click', event => { if (!event.target.closest('#search')) results.replaceChildren(); });
addEventListener('keydown', event => {
    if (event.key === '/' && !['INPUT', 'TEXTAREA'].includes(document.activeElement.tagName)) {
        event.preventDefault();
        box.focus();
    }
});
