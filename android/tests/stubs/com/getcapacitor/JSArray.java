package com.getcapacitor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.json.JSONArray;
import org.json.JSONException;

/** As Capacitor's own, but for an array of Java, which Debian's JSONArray doesn't take. */
public class JSArray extends JSONArray {
    public JSArray() {}

    public JSArray(String json) throws JSONException {
        super(json);
    }

    public JSArray(Collection<?> items) {
        super(items);
    }

    public JSArray(Object array) {
        this(Arrays.asList((Object[]) array));
    }

    @SuppressWarnings("unchecked")
    public <E> List<E> toList() throws JSONException {
        List<E> items = new ArrayList<>();
        for (int i = 0; i < length(); i++) {
            items.add((E) get(i));
        }
        return items;
    }
}
