'use strict';
// Sorting and filtering of the table of rows. Without it the page is complete, only still.
(() => {
	const table = document.getElementById('table');
	const body = table.tBodies[0];
	const rows = Array.from(body.rows);
	const texts = rows.map((row) => row.textContent.toLowerCase());
	const find = document.getElementById('find');
	const outcome = document.getElementById('outcome');
	const shown = document.getElementById('shown');
	const heads = Array.from(table.tHead.rows[0].cells);
	const OUTCOME = heads.findIndex((head) => head.textContent === 'Outcome');
	const inOrder = new Intl.Collator('en', { numeric: true, sensitivity: 'base' }).compare;

	const filter = () => {
		const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
		let n = 0;

		rows.forEach((row, i) => {
			const fits = words.every((word) => texts[i].includes(word)) &&
				(!outcome.value || row.cells[OUTCOME].textContent === outcome.value);

			row.hidden = !fits;
			n += fits;
		});
		shown.textContent = `${n} of ${rows.length} rows`;
	};

	const sort = (column) => {
		const down = heads[column].getAttribute('aria-sort') === 'ascending';
		const keys = new Map(rows.map((row) => [row, row.cells[column].textContent]));
		const sorted = rows.slice().sort((a, b) => inOrder(keys.get(a), keys.get(b)));

		heads.forEach((head) => head.removeAttribute('aria-sort'));
		heads[column].setAttribute('aria-sort', down ? 'descending' : 'ascending');
		body.append(...(down ? sorted.reverse() : sorted));
	};

	heads.forEach((head, column) => {
		const button = document.createElement('button');

		button.type = 'button';
		button.append(...head.childNodes);
		button.addEventListener('click', () => sort(column));
		head.append(button);
	});
	find.addEventListener('input', filter);
	outcome.addEventListener('input', filter);
	filter();
	document.getElementById('controls').hidden = false;
})();
