/** Of runs whose end stands in JupyterLab's notification centre: its entry there. What is told once is not told again by another plugin. */
export const told = new Map<string, string>();
